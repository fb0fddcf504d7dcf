"""What a scenario does with the studio as a whole."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from support.studios import ChannelRefused, StudioDidNotStart

if TYPE_CHECKING:
    from support.world import World


class StudioActs:
    """Verbs on the studio itself; remembers what became of a listener."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.listener: str | None = None
        self.start_fault: str | None = None

    def start(self) -> None:
        """Start it; what is wrong is remembered when it does not."""
        try:
            self._world.client.health()
        except StudioDidNotStart as fault:
            self.start_fault = str(fault)

    def take_its_home_away(self) -> None:
        shutil.rmtree(self._world.home)

    def ask_for_downloads(self, *, key: str | None = None, origin: str | None = None) -> None:
        headers = {"X-API-Key": key} if key is not None else {}
        headers |= {"Origin": origin} if origin is not None else {}
        self._world.ask(self._world.client.ask("GET", "/api/lm/downloads", headers=headers))

    def try_to_listen(self) -> None:
        try:
            self._world.client.downloads.progress()
            self.listener = "let in"
        except ChannelRefused as refused:
            self.listener = f"turned away: {refused}"
