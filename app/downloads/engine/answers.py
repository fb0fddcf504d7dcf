"""What a source's answer is: the file, a part of it, another file by now, or none at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.downloads.archives import is_archive
from app.downloads.engine.blocks import Run
from app.downloads.engine.marks import Mark, mark_of
from app.downloads.engine.wire import Answer
from app.downloads.faults import TransferFailed
from app.downloads.names import name_in_disposition, name_in_url
from app.model_files import SUFFIXES, is_model_file

SNIFFED_BYTES = 512
PAGES = frozenset({"text/html", "application/xhtml+xml", "application/json", "application/problem+json"})
MAX_DIGITS = 18

_CONTENT_RANGE = re.compile(r"bytes\s+(\d+)-(\d+)/(\d+)", re.ASCII | re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes\s+\*/(\d+)", re.ASCII | re.IGNORECASE)


class Changed(Exception):
    """The source holds another file than the one that was begun: begin again."""


class RangesUntrusted(Exception):
    """The source answers ranges with something else, or cannot say which file they are of: fetch all of it at once."""


@dataclass(frozen=True)
class Extent:
    """The part of a file that an answer says it holds: from `start` up to `stop`, of `total` bytes."""

    start: int
    stop: int
    total: int


def extent_of(answer: Answer) -> Extent:
    """What a 206 says that it holds. Raises RangesUntrusted when that is no part of any file."""
    found = _CONTENT_RANGE.fullmatch((answer.headers.get("Content-Range") or "").strip())
    if found is None or max(map(len, found.groups())) > MAX_DIGITS:
        raise RangesUntrusted
    extent = Extent(int(found[1]), int(found[2]) + 1, int(found[3]))
    if not extent.start < extent.stop <= extent.total or answer.length not in (None, extent.stop - extent.start):
        raise RangesUntrusted
    return extent


def check_part(answer: Answer, run: Run, *, total: int, mark: Mark | None) -> Mark:
    """The mark of an answer that holds exactly `run` of the file that was begun.

    mark: what the file's answers have said so far; None: this source has not been heard yet.
    Raises Changed, RangesUntrusted, and TransferFailed for a page. The status is 200, 206 or 416.
    """
    refuse_page(answer)
    heard = mark_of(answer.headers)
    same = mark is None or mark.agrees_with(heard)
    if answer.status == 416:
        found = _UNSATISFIED.fullmatch((answer.headers.get("Content-Range") or "").strip())
        raise Changed if found and found[1] != str(total) else RangesUntrusted
    if answer.status == 200:
        # An If-Range that does not hold brings the whole new file; so does a source that knows no ranges.
        raise RangesUntrusted if same and answer.length == total else Changed
    extent = extent_of(answer)
    if extent.total != total or (not same and heard.validator is not None):
        raise Changed
    if not same or (extent.start, extent.stop) != (run.at, run.stop):
        raise RangesUntrusted
    return heard


def refuse_page(answer: Answer) -> None:
    if is_page(answer):
        raise page(answer.host)


def is_page(answer: Answer) -> bool:
    return answer.headers.get_content_type() in PAGES and "Content-Type" in answer.headers


def refuse_packed(answer: Answer) -> None:
    """A packed body could be neither measured nor continued, and is not what was published."""
    encoding = (answer.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise TransferFailed("not_understood", f"{answer.host} sends the file packed ({encoding}), unasked")


def is_page_text(head: bytes) -> bool:
    """Whether a body that begins so is a web page, whatever its type says."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def page(host: str) -> TransferFailed:
    return TransferFailed("not_a_model", f"{host} sent a web page instead of the file, most likely its sign-in page")


def name_of(answer: Answer, *, told: str | None, address: str) -> str:
    """What the file is called: by its source, its answer, or its address. Raises TransferFailed for no model."""
    suggested = name_in_disposition(answer.headers.get("Content-Disposition"))
    candidates = [told, suggested, name_in_url(address), name_in_url(str(answer.address))]
    names = [name for name in candidates if name]
    found = next((name for name in names if is_model_file(name) or is_archive(name)), None)
    if found is None:
        raise TransferFailed(
            "not_a_model", f"{names[0]!r} is not the name of a model file; those end in {', '.join(sorted(SUFFIXES))}"
        )
    return found
