"""Which image backends there are, and how each is built; what a backend needs is imported only then."""

from __future__ import annotations

from collections.abc import Callable

from app.generation.port import ImageBackend
from app.settings import Settings


def _mock(settings: Settings) -> ImageBackend:
    from app.generation.mock import MockBackend  # noqa: PLC0415

    return MockBackend()


BACKENDS: dict[str, Callable[[Settings], ImageBackend]] = {"mock": _mock}


def build_backend(settings: Settings) -> ImageBackend:
    """The backend that `settings.backend` names. Raises Unavailable when it cannot be used here."""
    return BACKENDS[settings.backend](settings)
