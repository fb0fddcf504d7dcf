"""How the double is at the moment: what its verbs change while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.clock import Clock
from support.servers.comfyui.failures import Failures
from support.servers.comfyui.profile import VERSIONS, Profile, Version


@dataclass
class Temper:
    """step_seconds: of each inference step, by `clock`. begin_seconds: how long a prompt is "running", by
    `clock`, before anything can interrupt it. memory_pixels: that the pictures of one prompt may have together.
    """

    clock: Clock
    profile: Profile = "0.8"
    step_seconds: float = 0.0
    begin_seconds: float = 0.0
    memory_pixels: int | None = None
    failures: Failures = field(default_factory=Failures)

    @property
    def version(self) -> Version:
        return VERSIONS["0.3" if self.failures.on("old version") else self.profile]
