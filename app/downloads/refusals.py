"""Answers that bring no file: each status told apart, and whether another attempt may change it."""

from __future__ import annotations

from datetime import datetime

from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.retry_after import seconds_until

REDIRECTS = frozenset({301, 302, 303, 307, 308})

# What a link answers whose signature has run out, besides what they mean elsewhere.
EXPIRED = frozenset({401, 403, 404, 410})

# code and sentence for each answer that another attempt would not change
REFUSALS = {
    401: ("sign_in_needed", "{host} gives this file only to those who sign in"),
    403: ("access_denied", "{host} does not permit this download: early access, or a licence to accept first"),
    404: ("not_there", "{host} has no such file; check the address"),
    410: ("gone", "{host} has this file no longer"),
}


def refuse_status(status: int, host: str, retry_after: str | None, *, now: datetime) -> None:
    """Raise what any answer but 200 means: PassingFault, or TransferFailed for good."""
    if status == 200:
        return
    if status in (429, 503):
        raise PassingFault("hub_busy", f"{host} is busy ({status})", wait_seconds=seconds_until(retry_after, now=now))
    if status >= 500 or status == 408:
        raise PassingFault("hub_failed", f"{host} failed ({status})")
    code, sentence = REFUSALS.get(status, ("refused", "{host} refused the download"))
    raise TransferFailed(code, f"{sentence.format(host=host)} ({status})")
