"""How a source tells one version of a file from another. Source: RFC 9110, sections 8.8 and 13.1.5."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from email.utils import parsedate_to_datetime

# A file may change twice within a second: only an older date tells its versions apart.
SURELY_OLDER = timedelta(seconds=1)

_STRONG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_WEAK = re.compile(r'W/"[\x21\x23-\x7e\x80-\xff]*"')


@dataclass(frozen=True)
class Mark:
    """ETag, and Last-Modified where that is strong enough; None: not told."""

    etag: str | None = None
    modified: str | None = None

    @property
    def validator(self) -> str | None:
        """What If-Range may say, None for nothing: a weak ETag may stand for different bytes."""
        if self.etag is not None and _STRONG.fullmatch(self.etag):
            return self.etag
        return self.modified

    def agrees_with(self, other: Mark) -> bool:
        """Whether both stand for the same bytes. Hosts of one file may differ in its date, not in a strong ETag."""
        if self.validator is not None and self.validator == self.etag:
            return self.etag == other.etag
        return self == other


def mark_of(headers: Message) -> Mark:
    etag = (headers.get("ETag") or "").strip()
    is_etag = _STRONG.fullmatch(etag) or _WEAK.fullmatch(etag)
    return Mark(etag if is_etag else None, _strong_date(headers))


def _strong_date(headers: Message) -> str | None:
    told = (headers.get("Last-Modified") or "").strip()
    try:
        older_by = parsedate_to_datetime(headers.get("Date") or "") - parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    return told if older_by >= SURELY_OLDER and told.isascii() and told.isprintable() else None
