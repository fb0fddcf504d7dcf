"""What callers of this noun are told when it cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from app.errors import Conflict, InvalidInput, StudioError, Unavailable


class Malformed(InvalidInput):
    """400: it could never mean anything, whatever is stored."""

    status = 400


class KeyReused(InvalidInput):
    """422: the key belongs to another call."""

    code, title = "idempotency_key_reused", "The key belongs to another call"


class CannotPaintNow(Unavailable):
    """503: whoever paints cannot be used now."""


class InUse(Conflict):
    """409: jobs need the picture. details: their ids, under `jobs`."""

    code, title = "in_use", "It is in use"

    def __init__(self, image_id: str, jobs: Sequence[str]) -> None:
        listed = ", ".join(jobs[:5]) + (f" and {len(jobs) - 5} more" if len(jobs) > 5 else "")
        super().__init__(
            f"character reference {image_id} is used by job {listed}; delete it when no job uses it any more",
            field="image_id",
        )
        self.details = {"jobs": list(jobs)}


class RangeNotSatisfiable(StudioError):
    """416: no byte of the picture lies in the range that was asked for."""

    status, code, title = 416, "range_not_satisfiable", "There is nothing in that range"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the range begins behind the picture's {size_bytes:,} bytes", field="Range")
        self.headers = MappingProxyType({"Content-Range": f"bytes */{size_bytes}"})
