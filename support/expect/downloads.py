"""What must be true of one download: in its view, in the library, on the disk."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from support.download_words import FINAL
from support.expect.expectation import Expectation
from support.expect.library import library
from support.parameter_types import in_words
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

# How long a studio is given to go on wrongly before it is looked at.
MOMENT = timedelta(milliseconds=50)
RESERVED = ("con", "nul", "prn", "aux")


class ExpectDownload(Expectation):
    """Checks on one download, called as the scenario calls the file."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self._name = name

    @property
    def _view(self) -> dict[str, Any]:
        return self._world.downloads.view(self._name)

    def _hold(self, holds: bool, promise: str, finding: str) -> None:
        __tracebackhide__ = True
        super()._hold(holds, f"“{self._name}” {promise}", finding)

    def _finding(self) -> str:
        """The download as its view tells it, in one sentence."""
        view = self._view
        error = view.get("error")
        why = f": {error['message']}" if error else ""
        total = view.get("bytes_total")
        size = f"{view['bytes_done']:,} of {total:,} bytes" if total else f"{view['bytes_done']:,} bytes"
        return f"“{self._name}” is {view['state']}{why} ({size})"

    # Its state

    def is_now(self, state: str) -> None:
        """In this state: ended in it, or in it and staying there."""
        if state == "completed":
            self.completed()
        elif state in FINAL:
            self._ends(state, f"is {state}")
        else:
            until(lambda: self._world.downloads.state(self._name) == state)
            until(lambda: self._world.downloads.state(self._name) != state, within=MOMENT)
            self._hold(self._world.downloads.state(self._name) == state, f"is {state}", self._finding())

    def is_already(self, state: str) -> None:
        """The answer to the wish said so, and nobody has to wait for it."""
        answer = self._world.answered
        self._hold(answer.accepted, f"may become {state}", f"it was refused: {answer.reason}")
        self._hold(answer.body["state"] == state, f"is {state} at once", f"the answer said {answer.body['state']}")
        self._hold(self._world.downloads.state(self._name) == state, f"is {state} at once", self._finding())

    def _ends(self, wanted: str, promise: str) -> None:
        __tracebackhide__ = True
        self._hold(self._world.downloads.ended(self._name) == wanted, promise, self._finding())

    def completed(self) -> None:
        self._ends("completed", "is complete")
        files = self._view["files"]
        listed = self._in_library()
        self._hold(bool(files), "tells what it has brought", f"it tells of {files}")
        self._hold(
            len(listed) == len(files),
            "is in the library once it is complete",
            f"the library lists it {len(listed)} times" if listed else "the library does not list it",
        )

    def failed(self, because: str = "") -> None:
        self._ends("failed", f"fails because of {because!r}" if because else "fails")
        message = str((self._view["error"] or {})["message"])
        self._hold(
            because.lower() in message.lower(), f"fails because of {because!r}", f"the reason told is: {message}"
        )

    def tells_both_checksums(self) -> None:
        message = str(self._view["error"]["message"])
        offered = self._world.downloads.offer_of(self._name)
        arrived = hashlib.sha256(offered.content).hexdigest()
        told = offered.sha256 in message and arrived in message
        self._hold(told, "tells the promised checksum and the one that arrived", f"the reason told is: {message}")

    def tells_end_of_early_access(self) -> None:
        message, day = str(self._view["error"]["message"]), self._world.model_hub.early_until
        self._hold(day in message, f"is told to be open to all from {day}", f"the reason told is: {message}")

    def has_the_published_checksum(self) -> None:
        wanted, told = self._world.downloads.offer_of(self._name).sha256, self._view["sha256"]
        self._hold(told == wanted, f"has the published SHA-256 {wanted[:10]}…", f"it is told as {told}")

    def waits_for(self, duration: timedelta) -> None:
        until(lambda: self._world.downloads.state(self._name) in ("waiting", *FINAL))
        view = self._view
        self._hold(view["state"] == "waiting", f"waits for {in_words(duration)}", self._finding())
        left = datetime.fromisoformat(view["waiting_until"]) - self._world.clock.now()
        self._hold(left == duration, f"waits for {in_words(duration)}", f"it waits for {in_words(left)}")

    def waits_in_place(self, place: int) -> None:
        told = self._view["place"]
        self._hold(told == place, f"waits in place {place}", f"it is told to wait in place {told}")

    def has_done(self, size: int) -> None:
        done = self._view["bytes_done"]
        self._hold(done == size, f"keeps the {size:,} bytes that have come", f"it tells {done:,} bytes")

    def shared(self) -> None:
        self._ends("completed", "is complete")
        ids = self._world.downloads.ids[self._name]
        self._hold(len(set(ids)) == 1, "is one download for all who ask", f"{len(set(ids))} downloads were made")

    def not_shared(self) -> None:
        """Two downloads, of which the first came to a good end."""
        ids = self._world.downloads.ids[self._name]
        self._hold(len(set(ids)) == 2, "is two downloads for two wishes", f"{len(set(ids))} download(s) were made")
        until(lambda: self._world.downloads.view_of(ids[0])["state"] in FINAL)
        first = self._world.downloads.view_of(ids[0])["state"]
        self._hold(first == "completed", "is complete for who asked first", f"that one is {first}")

    # What is kept of it

    def left_nothing(self) -> None:
        """No model, no partial file, no entry in the library: only the download's own record may tell of it."""
        self._hold(not self._in_library(), "left nothing in the library", "the library lists it")
        if self._world.environment.studio_url is None:
            left = self._on_disk(self._stem, *self._world.downloads.ids.get(self._name, ()))
            self._hold(not left, "left nothing on the disk", f"there lies {', '.join(left)}")

    def has_no_name_yet(self) -> None:
        """Nothing on the disk and in the library is called so; what has come lies elsewhere."""
        self._hold(not self._in_library(), "is not in the library yet", "the library lists it")
        found = self._on_disk(self._stem)
        self._hold(not found, "bears its name only when it is whole", f"there lies {', '.join(found)}")

    def is_kept_under_its_own_name(self) -> None:
        """`name-<4 of its SHA-256>.ext`, byte for byte, listed in the library."""
        offered = self._world.downloads.offer_of(self._name)
        plain = PurePosixPath(offered.file_name)
        wanted = f"{plain.stem}-{hashlib.sha256(offered.content).hexdigest()[:4]}{plain.suffix}"
        files = self._view["files"]
        self._hold(files == [wanted], f"is kept as {wanted}", f"it is kept as {', '.join(files) or 'nothing'}")
        self._is_there(wanted)
        self._hold(len(self._in_library()) == 1, "is in the library", "the library does not list it")

    def is_stored_in(self, folder: str) -> None:
        wanted = f"{folder}/{self._world.downloads.offer_of(self._name).file_name}"
        files = self._view["files"]
        self._hold(files == [wanted], f"is stored as {wanted}", f"it is stored as {', '.join(files) or 'nothing'}")
        self._is_there(wanted)

    def is_stored_in_the_other_library(self) -> None:
        offered, folder = self._world.downloads.offer_of(self._name), self._world.preferences.other_folder
        file = (folder or Path()) / offered.file_name
        same = file.is_file() and file.read_bytes() == offered.content
        self._hold(same, f"is stored in {folder}", "the file is missing or differs")
        usual = self._on_disk(self._stem)
        self._hold(not usual, "is stored there alone", f"in the usual folder lies {', '.join(usual)}")

    def is_stored_inside_or_refused(self) -> None:
        """Below the library's folder under a plain name, or nowhere."""
        ended = self._world.downloads.ended(self._name)
        self._hold(ended in ("completed", "failed"), "comes to an end", self._finding())
        if ended == "failed":
            self.left_nothing()
            return
        for file in self._view["files"]:
            path = PurePosixPath(file)
            bad = path.is_absolute() or ".." in path.parts or any(c in file for c in '<>:"\\|?*\0')
            bad = bad or any(part.split(".")[0].lower() in RESERVED for part in path.parts) or path.stem == ""
            self._hold(not bad, "is stored under a plain name", f"it is stored as {file!r}")
            self._is_there(file)

    def became_right_or_nothing(self) -> None:
        ended = self._world.downloads.ended(self._name)
        self._hold(ended in ("completed", "failed"), "comes to an end", self._finding())
        if ended == "completed":
            library(self._world).holds(self._name)
        else:
            self.left_nothing()

    def _is_there(self, file: str) -> None:
        if self._world.environment.studio_url is not None:
            return
        offered = self._world.downloads.offer_of(self._name)
        path = self._world.library.folder_of(offered.kind) / file
        same = path.is_file() and path.read_bytes() == offered.content
        self._hold(same, f"lies on the disk as {file}, byte for byte", "the file is missing or differs")

    @property
    def _stem(self) -> str:
        return PurePosixPath(self._world.own(self._name)).stem

    def _on_disk(self, *marks: str) -> list[str]:
        """What lies in the studio's home with one of these in its name."""
        return sorted({path.name for mark in marks for path in self._world.home.rglob(f"*{mark}*")})

    def _in_library(self) -> list[dict[str, Any]]:
        """The library's entries of what it brought, or would have brought."""
        offered = self._world.downloads.offered.get(self._name)
        names = {PurePosixPath(file).name for file in self._view["files"] or ()}
        wanted = names or {offered.file_name if offered else self._name}
        kinds = self._world.library.KINDS
        return [item for kind in kinds for item in self._world.library.listed(kind) if item["file_name"] in wanted]


def download(world: World, name: str | None = None) -> ExpectDownload:
    """Checks on the download of `name`; without one, on the first of the scenario."""
    return ExpectDownload(world, name or next(iter(world.downloads.ids)))
