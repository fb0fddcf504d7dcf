"""The first answer of a transfer: it says which file it is, and whether it can be fetched in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.downloads.engine.answers import RangesUntrusted, check_part, extent_of, refuse_packed, refuse_page
from app.downloads.engine.blocks import BLOCK_BYTES, Blocks, Run
from app.downloads.engine.marks import Mark, mark_of
from app.downloads.engine.route import Route
from app.downloads.engine.wire import Answer, Line

# One block for all of a file that is fetched in one piece.
WHOLE = 1 << 62


@dataclass(frozen=True)
class Opened:
    """A transfer that has begun: an answer that holds `run`, and what is there of the file.

    afresh: whether that is nothing, whatever there was before.
    """

    answer: Answer
    run: Run
    blocks: Blocks
    mark: Mark
    afresh: bool = True


def open_again(route: Route, line: Line, blocks: Blocks, mark: Mark | None) -> Opened:
    """Go on where an earlier transfer ended, if it is still the same file.

    mark: the file's; None: this source has not been heard yet. If it is not, the answer may be the new file already.
    Raises Changed and RangesUntrusted, and as Route does.
    """
    run = blocks.take()
    assert run is not None and blocks.total is not None
    answer = route.ask_for(run, line, mark)
    try:
        refuse_packed(answer)
        if answer.status == 200 and not _is_worth_asking_again(answer, mark):
            return _whole(answer)
        heard = check_part(answer, run, total=blocks.total, mark=mark)
        if heard.validator is None:
            raise RangesUntrusted
    except BaseException:
        answer.close()
        raise
    return Opened(answer, run, blocks, heard, afresh=False)


def open_in_parts(route: Route, line: Line, check_room: Callable[[int], None]) -> Opened:
    """Ask for the first block; a source without ranges answers with all.

    check_room: told how long the file is; raises when it has no room. Raises RangesUntrusted, and as Route does.
    """
    first = Run(0, 0, BLOCK_BYTES)
    answer = route.ask_for(first, line, None)
    try:
        if answer.status == 200:
            return _whole(answer)
        if answer.status == 416:
            raise RangesUntrusted  # an empty file has no first byte either
        _refuse(answer)
        extent = extent_of(answer)
        mark = mark_of(answer.headers)
        if (extent.start, extent.stop) != (0, min(BLOCK_BYTES, extent.total)):
            raise RangesUntrusted
        if mark.validator is None and extent.stop < extent.total:
            raise RangesUntrusted
        check_room(extent.total)  # before its blocks are laid out: an absurd length would take all memory
        blocks = Blocks(extent.total)
        run = blocks.take()
        assert run is not None
        return Opened(answer, run, blocks, mark)
    except BaseException:
        answer.close()
        raise


def open_whole(route: Route, line: Line) -> Opened:
    """Ask for all of it in one piece. Raises as Route does."""
    answer = route.ask_for_all(line)
    try:
        return _whole(answer)
    except BaseException:
        answer.close()
        raise


def _whole(answer: Answer) -> Opened:
    _refuse(answer)
    blocks = Blocks(answer.length, block_bytes=WHOLE)
    return Opened(answer, blocks.take() or Run(0, 0, 0), blocks, mark_of(answer.headers))


def _is_worth_asking_again(answer: Answer, mark: Mark | None) -> bool:
    """Whether a whole file that has come instead of a part is had faster in parts, by several connections.

    Not when it is the file that was begun: then its source knows no ranges.
    """
    changed = mark is not None and not mark.agrees_with(mark_of(answer.headers))
    return changed and (answer.length or 0) > BLOCK_BYTES


def _refuse(answer: Answer) -> None:
    refuse_page(answer)
    refuse_packed(answer)
