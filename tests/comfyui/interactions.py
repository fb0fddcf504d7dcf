"""Every interaction, by name: each asks a server something and tells what it saw, free of chance, time and machine.

An interaction leaves the server usable for the next one and depends on none before it.
"""

from __future__ import annotations

from typing import Final

import httpx

from tests.comfyui import (  # noqa: F401  # each registers its own
    about_cache,
    about_catalogue,
    about_events,
    about_files,
    about_http,
    about_jobs,
    about_masks,
    about_models,
    about_pixels,
    about_prompts,
    about_queue,
    about_sampling,
    about_validation,
)
from tests.comfyui.interaction import ALL, Interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit

INTERACTIONS: Final[dict[str, Interaction]] = ALL


def observe(url: str, interaction: Interaction, web: httpx.Client) -> Json:
    """What one interaction sees at an address whose queue is empty, JSON-ready; the queue is left empty."""
    visit = Visit(url, web)
    try:
        return interaction.play(visit)
    finally:
        visit.leave()
