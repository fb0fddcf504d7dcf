"""Which image backends there are, and how each is built; what a backend needs is imported only then."""

from __future__ import annotations

from collections.abc import Callable

from app.clock import Clock
from app.generation.port import ImageBackend
from app.settings import Settings


def _mock(settings: Settings, clock: Clock) -> ImageBackend:
    from app.generation.mock import MockBackend  # noqa: PLC0415

    return MockBackend(clock=clock, step_seconds=settings.mock_step_seconds, memory_pixels=settings.mock_memory_pixels)


def _comfyui(settings: Settings, clock: Clock) -> ImageBackend:
    from app.generation.comfyui.backend import ComfyUIBackend  # noqa: PLC0415

    return ComfyUIBackend(
        urls=settings.comfyui_urls,
        workflow=settings.comfyui_workflow,
        checkpoint=settings.comfyui_checkpoint,
        clip=settings.comfyui_clip,
        vae=settings.comfyui_vae,
        denoise=settings.comfyui_denoise,
        clock=clock,
    )


BACKENDS: dict[str, Callable[[Settings, Clock], ImageBackend]] = {"mock": _mock, "comfyui": _comfyui}


def build_backend(settings: Settings, clock: Clock) -> ImageBackend:
    """The backend that `settings.backend` names. Raises Unavailable when it cannot be used here."""
    return BACKENDS[settings.backend](settings, clock)
