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


def _replicate(settings: Settings, clock: Clock) -> ImageBackend:
    from app.generation.replicate.backend import ReplicateBackend  # noqa: PLC0415

    token, secret = settings.replicate_api_token, settings.replicate_webhook_secret
    return ReplicateBackend(
        url=settings.replicate_url,
        token=None if token is None else token.get_secret_value(),
        model=settings.replicate_model,
        webhook_url=settings.replicate_webhook_url,
        webhook_secret=None if secret is None else secret.get_secret_value(),
        clock=clock,
    )


BACKENDS: dict[str, Callable[[Settings, Clock], ImageBackend]] = {
    "mock": _mock,
    "comfyui": _comfyui,
    "replicate": _replicate,
}


def build_backend(settings: Settings, clock: Clock) -> ImageBackend:
    """The backend that `settings.backend` names. Raises Unavailable when it cannot be used here."""
    return BACKENDS[settings.backend](settings, clock)
