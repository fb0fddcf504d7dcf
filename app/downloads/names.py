"""The names under which things are stored: one plain name inside its folder, whatever a hub or a person calls it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email.message import Message
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

# Of 255 that file systems take: room is left for a suffix and for the mark of a second file of the same name.
MAX_NAME_BYTES = 200
MAX_SUFFIX_BYTES = 16

_BAD = r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]'
_FORBIDDEN = re.compile(rf"_*{_BAD}(?:{_BAD}|_)*")
_DEVICE = re.compile(r"(con|conin\$|conout\$|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


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


def safe_folder(text: str) -> str:
    """`text` as the name of one folder that is visible and no reserved one: `safe_name` without leading dots."""
    # Twice, because a name freed of its leading dots may be a device's.
    return safe_name(safe_name(text).lstrip(". _")) or "unnamed"


def safe_file_name(text: str) -> str:
    """The last part of whatever `text` is (a name, a path, with either slash), made safe, suffix kept. Idempotent."""
    last = re.split(r"[/\\]", text.encode("utf-8", "replace").decode())[-1]
    path = PurePosixPath(_FORBIDDEN.sub("_", last).strip().rstrip(" ._"))
    name = f"{safe_folder(path.stem)}{_shorten(path.suffix, MAX_SUFFIX_BYTES).rstrip(' ._')}"
    # Once more until nothing changes: without its suffix, or parted anew, a name may need more.
    return name if name == text else safe_file_name(name)


def unique_names(name: str, sha256: str) -> Iterator[str]:
    """The names to try for a file, best first: its own, `name-<4 of sha256>.ext`, then `…-1`, `…-2` without end."""
    path = PurePosixPath(name)
    yield name
    marked = f"{path.stem}-{sha256[:4]}"
    yield f"{marked}{path.suffix}"
    for number in count(1):
        yield f"{marked}-{number}{path.suffix}"


def cache_name(library: str) -> str:
    """The name of a library's own cache file: readable, and never another library's.

    Two names that look alike once they are made safe, or that differ in upper and lower case alone, are told
    apart by 128 bits of their own SHA-256, also on a disk that takes capital letters for small ones.
    """
    mark = hashlib.sha256(library.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{safe_folder(library)}-{mark}"


def name_in_url(url: str) -> str:
    return safe_file_name(unquote(urlsplit(url).path).rstrip("/"))


def name_in_disposition(header: str | None) -> str | None:
    """The file name that a Content-Disposition suggests. Source: RFC 6266, with RFC 8187's `filename*`."""
    if not header:
        return None
    message = Message()
    message["Content-Disposition"] = as_meant(re.split(r"[\r\n]", header)[0])
    try:
        found = message.get_filename()
    except (ValueError, LookupError):  # a character set that cannot be read, a number of thousands of digits
        return None
    return safe_file_name(found) if found else None


def as_meant(header: str) -> str:
    """A header's text; read as UTF-8 where it is that, because hubs send names bare that a client reads as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header.encode("utf-8", "replace").decode()


def _shorten(name: str, limit_bytes: int = MAX_NAME_BYTES) -> str:
    return name.encode()[:limit_bytes].decode(errors="ignore")
