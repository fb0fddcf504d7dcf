"""What Replicate says when something goes wrong, in the studio's words, with Replicate's own where they help.

BackendDown
├── NoAnswer     nothing came back; `sent` tells whether the question may have arrived
├── Throttled    too many requests; `seconds` until the next one is taken
└── Trouble      it answered that it has a trouble of its own (5xx)
BackendFailed
├── NotLetIn     the token is not accepted
└── NoCredit     the account has no credit
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import InvalidInput, StudioError
from app.generation.faults import BackendDown, BackendFailed

LONGEST_SAID = 300
# A model's inputs, and the fields of a request that fill them.
FIELDS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "num_inference_steps": "steps",
    "steps": "steps",
    "guidance": "guidance_scale",
    "guidance_scale": "guidance_scale",
    "width": "width",
    "height": "height",
    "aspect_ratio": "width",
    "input_image": "image",
    "input_images": "image",
    "image": "image",
}
_TOKEN = re.compile(r"\br8_\w+", re.ASCII)
# A provider's fault names its own machine at times: nobody here can act on a path of another's disk.
_PATH = re.compile(r"(?<![\w:/.])/(?:[\w.-]+/)+[\w.-]*")
_RESET = re.compile(r"(?:resets in|available in)\s*~?\s*(\d+(?:\.\d+)?)\s*s", re.IGNORECASE)
_LISTED = re.compile(r"^\s*-\s*(?:input\.)?(\w+):\s*(.+)$", re.MULTILINE)
DEFAULT_RESET_SECONDS = 1.0
LONGEST_RESET_SECONDS = 3600.0


class NoAnswer(BackendDown):
    """The API could not be reached, broke off, or let the studio wait too long. sent: it may have heard us."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Throttled(BackendDown):
    """429: the next request is taken in `seconds`. Source: "Rate limits"."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Replicate takes the next request in {seconds:g} seconds", wait_seconds=seconds)
        self.seconds = seconds


class Trouble(BackendDown):
    """5xx: whether the work was taken is not said."""


class NotLetIn(BackendFailed):
    code = "provider_not_let_in"


class NoCredit(BackendFailed):
    code, title = "provider_no_credit", "The provider asks for payment"


def fault_of(status: int, body: Any, headers: Mapping[str, str], *, about: str) -> StudioError:
    """What an answer other than success means. about: what was asked for, for the sentence."""
    told = said(body)
    because = f": {told}" if told else ""
    way_out = "; add credit to the account that the token belongs to"
    known: dict[int, Callable[[], StudioError]] = {
        401: lambda: NotLetIn(f"Replicate does not accept REPLICATE_API_TOKEN{because}"),
        402: lambda: NoCredit(f"Replicate asks for payment{because}{way_out}"),
        403: lambda: NotLetIn(f"Replicate does not permit this to REPLICATE_API_TOKEN{because}"),
        404: lambda: BackendFailed(f"Replicate knows no {about}{because}"),
        422: lambda: _refusal(body, about, because),
        429: lambda: Throttled(reset_seconds(body, headers)),
    }
    if status in known:
        return known[status]()
    if status >= 500 or status in (408, 425):
        return Trouble(f"Replicate failed ({status}){because}")
    return BackendFailed(f"Replicate refused {about} ({status}){because}")


def said(body: Any) -> str:
    """The provider's own words, in one line: of a problem document (RFC 7807), or a plain text."""
    if isinstance(body, Mapping):
        parts = [str(body[name]) for name in ("title", "detail") if body.get(name)]
        body = ": ".join(dict.fromkeys(parts))
    if not isinstance(body, str) or "<" in body[:1]:  # a gateway's page says nothing that helps
        return ""
    plain = _PATH.sub("…", _TOKEN.sub("…", " ".join(body.split())))
    return (plain if len(plain) <= LONGEST_SAID else f"{plain[:LONGEST_SAID]}…").rstrip(" .")


def reset_seconds(body: Any, headers: Mapping[str, str]) -> float:
    """After how many seconds a throttled request may come again: by header, by member, or by the sentence."""
    told: list[Any] = [headers.get("retry-after"), headers.get("ratelimit-reset")]
    if isinstance(body, Mapping):
        sentence = _RESET.search(str(body.get("detail", "")))
        told += [body.get("retry_after"), sentence[1] if sentence else None]
    for one in told:
        try:
            seconds = float(one)
        except (TypeError, ValueError):  # not told, or as a date
            continue
        if 0 <= seconds <= LONGEST_RESET_SECONDS:
            return seconds
    return DEFAULT_RESET_SECONDS


def fault_of_prediction(error: str, number: int) -> str:
    """Why picture `number`, counted from 0, is missing, with what its prediction said."""
    return f"picture {number + 1} was not painted: {said(error) or 'Replicate gave no reason'}"


def _refusal(body: Any, about: str, because: str) -> StudioError:
    """422: of a value of the request where it names one, else of the model."""
    for name, why in _faults(body):
        if name in FIELDS:
            field = FIELDS[name]
            return InvalidInput(f"{field} was refused by {about}: {said(why)}", field=field)
    return BackendFailed(f"Replicate refused {about}{because}")


def _faults(body: Any) -> list[tuple[str, str]]:
    """Input names and what is wrong with each: by `invalid_fields`, or by the lines of `detail`."""
    if not isinstance(body, Mapping):
        return []
    fields = body.get("invalid_fields")
    named = [
        (str(one.get("field", "")).removeprefix("input."), str(one.get("description", "")))
        for one in (fields if isinstance(fields, list) else [])
        if isinstance(one, Mapping)
    ]
    return named or _LISTED.findall(str(body.get("detail", "")))
