"""What all checks share: the world they look at, and the way they say what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.promise import hold

if TYPE_CHECKING:
    from support.world import World


class Expectation:
    """Checks on one thing of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _hold(self, holds: bool, promise: str, finding: str) -> None:
        """Raise PromiseBroken unless the promise holds."""
        __tracebackhide__ = True
        hold(holds, promise, finding, self._world.evidence)
