"""The versions of ComfyUI that the double can be, and what each can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Profile = Literal["0.3", "0.8", "0.38"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
MAX_UPLOAD_BYTES = 104_857_600

_STATUSES = ("pending", "in_progress", "completed", "failed")


@dataclass(frozen=True)
class Version:
    """One version's abilities.

    tells_jobs: answers /api/jobs. cancels_jobs: ends them there too, tells a cancelled job from a failed one, and
    takes only canonical UUIDs as prompt ids. previews_by_prompt: heeds `preview_method` of one prompt.
    hides_keys: a client's API keys are held apart from the queue; the old one shows them until the prompt is done.
    keeps_cached_outputs: a prompt without client_id whose outputs were all cached has them in its history.
    """

    number: str
    os: str
    requires: dict[str, str]
    tells_jobs: bool = True
    cancels_jobs: bool = False
    previews_by_prompt: bool = True
    hides_keys: bool = True
    keeps_cached_outputs: bool = False

    @property
    def features(self) -> dict[str, Any]:
        """What GET /features and the WebSocket's feature_flags answer."""
        told: dict[str, Any] = {"supports_preview_metadata": True, "max_upload_size": MAX_UPLOAD_BYTES}
        return told | {"extension": {"manager": {"supports_v4": True}}} if self.tells_jobs else told

    @property
    def statuses(self) -> tuple[str, ...]:
        """The states of a job that /api/jobs can filter by."""
        return (*_STATUSES, "cancelled") if self.cancels_jobs else _STATUSES


VERSIONS: dict[Profile, Version] = {
    "0.3": Version(
        "0.3.64",
        "posix",
        {
            "required_frontend_version": "1.27.10",
            "installed_templates_version": "0.1.95",
            "required_templates_version": "0.1.95",
        },
        tells_jobs=False,
        previews_by_prompt=False,
        hides_keys=False,
        keeps_cached_outputs=True,
    ),
    "0.8": Version(
        "0.8.0",
        "linux",
        {
            "required_frontend_version": "1.35.9",
            "installed_templates_version": "0.7.67",
            "required_templates_version": "0.7.67",
        },
    ),
    "0.38": Version(
        "0.38.0",
        "linux",
        {"required_frontend_version": "1.48.6"},
        cancels_jobs=True,
    ),
}
