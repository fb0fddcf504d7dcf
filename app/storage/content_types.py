"""The content types of what the studio keeps, by the extension of its key."""

from __future__ import annotations

_CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "json": "application/json",
    "txt": "text/plain",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
}


def content_type_of(key: str) -> str | None:
    """What the object under that key is by its extension; None for one that is not known."""
    _, dot, extension = key.rpartition("/")[2].rpartition(".")
    return _CONTENT_TYPES.get(extension.lower()) if dot else None
