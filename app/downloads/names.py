"""The name under which a file is stored: one plain name inside its folder, whatever the hub calls it."""

from __future__ import annotations

import re
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

# Room is left for the partial file's suffix and for the mark of a second file of the same name.
MAX_NAME_BYTES = 200

_BAD = r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]'
_FORBIDDEN = re.compile(rf"_*{_BAD}(?:{_BAD}|_)*")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def safe_name(text: str) -> str:
    """`text` as a file or folder name that every system accepts, and that stays where it is put.

    Forbidden characters become `_` and runs so made collapse; spaces, dots and underscores at the end
    and spaces and underscores at the start go; empty stays empty, all-bad becomes `unnamed`. Idempotent.
    """
    if not text:
        return ""
    text = text.encode("utf-8", "replace").decode()
    name = _shorten(_FORBIDDEN.sub("_", text).lstrip(" _")).rstrip(" ._")
    if not name:
        return "unnamed"
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip(" ")):
        return _shorten(f"x{name}").rstrip(" ._")
    return name


def safe_file_name(text: str) -> str:
    """The last part of whatever `text` is (a name, a path, with either slash), made safe, suffix kept."""
    last = re.split(r"[/\\]", text.encode("utf-8", "replace").decode())[-1]
    path = PurePosixPath(last.strip())
    suffix = _FORBIDDEN.sub("", path.suffix)[:16].rstrip(" ._")
    # Twice, because a name freed of its leading dots may be a device's.
    stem = safe_name(safe_name(path.stem).lstrip(". _")) or "unnamed"
    return f"{stem}{suffix}"


def name_in_url(url: str) -> str:
    return safe_file_name(unquote(urlsplit(url).path).rstrip("/"))


def name_in_disposition(header: str | None) -> str | None:
    """The file name that a Content-Disposition suggests. Source: RFC 6266, with RFC 8187's `filename*`."""
    if not header:
        return None
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]", "", header)
    found = message.get_filename()
    return safe_file_name(found) if found else None


def _shorten(name: str) -> str:
    return name.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
