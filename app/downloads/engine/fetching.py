"""One go at one address: what is there already, the first answer, and the way on from it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from app.downloads.addresses import without_secrets
from app.downloads.engine import sidecar
from app.downloads.engine.answers import Changed, name_of
from app.downloads.engine.blocks import Blocks
from app.downloads.engine.haul import Haul, Part, Tools, Watcher
from app.downloads.engine.marks import Mark
from app.downloads.engine.opening import Opened, open_again, open_in_parts, open_whole
from app.downloads.engine.partial_file import PartialFile
from app.downloads.engine.route import Route
from app.downloads.engine.sidecar import Note, sidecar_of
from app.downloads.engine.wire import Line
from app.downloads.sources import Source
from app.downloads.stop import Stop


class Fetching:
    """One go. in_one_piece: without asking for ranges. What there is of the file stays, whatever ends it."""

    def __init__(self, tools: Tools, source: Source, address: str, partial: Path, watcher: Watcher) -> None:
        self._tools = tools
        self._source = source
        self._address = address
        self._partial = partial
        self._watcher = watcher

    def run(self, stop: Stop, *, in_one_piece: bool = False) -> Part:
        """The whole file. Raises Changed and RangesUntrusted to be run again, TransferFailed, PassingFault, Stopped."""
        file = PartialFile(self._partial)
        try:
            with stop.within() as inner:
                return self._go_on(file, inner, in_one_piece=in_one_piece)
        finally:
            file.close()

    def _go_on(self, file: PartialFile, stop: Stop, *, in_one_piece: bool) -> Part:
        note = self._note_of(file)
        furthest = 0 if note is None else note.furthest
        if note is None or in_one_piece or not note.trusted:
            note = None
        elif Blocks(note.total, done=note.trusted).complete:
            self._watcher.answered(note.name, note.total)
            return self._haul(file, Blocks(note.total, done=note.trusted), note).proven(stop)
        self._refuse_too_large(file)
        line = self._line(stop)
        route = Route(self._address, now=self._tools.clock.now)
        try:
            opened = self._open(route, line, note, file, in_one_piece=in_one_piece)
            note = self._begin(file, opened, None if opened.afresh else note, furthest, stop)
        except BaseException:
            line.close()
            raise
        haul = self._haul(file, opened.blocks, note)
        return haul.fetch(opened, route=route, line=lambda: self._line(stop), first=line, stop=stop)

    def _haul(self, file: PartialFile, blocks: Blocks, note: Note) -> Haul:
        promised = self._source.sha256
        return Haul(self._tools, file=file, blocks=blocks, note=note, watcher=self._watcher, promised=promised)

    def _note_of(self, file: PartialFile) -> Note | None:
        """What an earlier attempt has noted of the partial file, if that is still what it was."""
        note = sidecar.read(sidecar_of(self._partial))
        if note is None or (note.trusted and note.total != file.size_bytes):
            return None
        return note

    def _open(self, route: Route, line: Line, note: Note | None, file: PartialFile, *, in_one_piece: bool) -> Opened:
        if in_one_piece:
            return open_whole(route, line)
        if note is None:
            return open_in_parts(route, line, partial(self._check_room, file))
        mark: Mark | None = note.mark
        if note.address != without_secrets(self._address):
            if self._source.sha256 is None:
                raise Changed  # two addresses' bytes make one file only where a sum will prove it
            mark = None
        elif note.mark.validator is None:
            raise Changed
        return open_again(route, line, Blocks(note.total, done=note.trusted), mark)

    def _begin(self, file: PartialFile, opened: Opened, note: Note | None, furthest: int, stop: Stop) -> Note:
        """Make the partial file ready for what comes, and tell that it does."""
        address, total = without_secrets(self._address), opened.blocks.total
        if note is None:
            name = name_of(opened.answer, told=self._source.name, address=self._address)
            # Nothing of what was noted before is true of the bytes that come now.
            sidecar.remove(sidecar_of(self._partial))
            file.empty()
            note = Note(address, name, opened.mark, total, furthest=furthest)
        elif note.address != address:
            note = replace(note, address=address, mark=opened.mark, mixed=True)
        if total is not None:
            file.make_room(total, keep_free_bytes=self._tools.tuning().keep_free_bytes, stop=stop)
        self._watcher.answered(note.name, total)
        return note

    def _refuse_too_large(self, file: PartialFile) -> None:
        """Before anybody is asked for anything, when the source has said how long the file is."""
        if self._source.size_bytes is not None:
            self._check_room(file, self._source.size_bytes)

    def _check_room(self, file: PartialFile, total: int) -> None:
        file.check_room(total, keep_free_bytes=self._tools.tuning().keep_free_bytes)

    def _line(self, stop: Stop) -> Line:
        tuning = self._tools.tuning
        return Line(
            dialler=self._tools.dialler,
            stop=stop,
            keys=lambda: tuning().keys,
            stall_seconds=lambda: tuning().stall_seconds,
        )
