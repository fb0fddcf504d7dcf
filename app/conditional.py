"""Conditional requests: what a caller already holds is not sent again (RFC 9110, section 13)."""

from __future__ import annotations


def quoted(tag: str) -> str:
    """A strong ETag of `tag`."""
    return f'"{tag}"'


def picture_headers(etag: str) -> dict[str, str]:
    """The headers of a picture's file, which never changes: kept by whoever asked, taken for nothing else."""
    return {
        "ETag": etag,
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }


def already_held(if_none_match: str | None, etag: str) -> bool:
    """Whether If-None-Match names `etag`; weak comparison, as GET and HEAD want it."""
    if if_none_match is None:
        return False
    held = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in held or etag in held
