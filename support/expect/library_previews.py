"""What must be true of the previews of models: in lists, as files, in pieces, in safe mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import library_files
from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.client import Answer
    from support.world import World


class ExpectPreview(Expectation):
    """Checks on the preview of one model."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self._name = name
        self._library = world.library

    @property
    def _preview(self) -> bytes:
        return self._library.previews.of(self._name)

    def is_shown(self) -> None:
        """The list names its address, and there it lies byte for byte, as what it is and nothing else."""
        for where, item in self._told():
            address, hidden = item.get("preview_url"), item.get("preview_hidden")
            self._hold(bool(address) and not hidden, f"{where} shows the preview of “{self._name}”", f"{where}: {item}")
            shown = self._world.client.library.at(str(address))
            self._hold(shown.accepted, "the preview can be seen where it is said to be", f"refused: {shown.reason}")
            self._is(shown, self._preview)
        ending = "." + self._library.previews.suffix_of(self._name).rpartition(".")[2]
        wanted, told = library_files.MEDIA_TYPES[ending], self._shown().headers.get("content-type")
        self._hold(told == wanted, f"the preview is called {wanted}", f"it is called {told}")
        guard = self._shown().headers.get("x-content-type-options")
        self._hold(guard == "nosniff", "the preview is taken for nothing else", f"browsers are told {guard}")

    def is_hidden(self) -> None:
        """The list tells that there is one and no more; the file is shown to nobody, whole or in pieces."""
        for where, item in self._told():
            told = (item.get("preview_url"), item.get("preview_hidden"))
            self._hold(told == (None, True), f"{where} hides the preview of “{self._name}”", f"it tells {told}")
        kind, model_id, client = self._library.kind_of(self._name), self._library.id(self._name), self._world.client
        ways = {
            "whole": client.library.preview(kind, model_id),
            "in pieces": client.library.preview(kind, model_id, Range="bytes=0-99"),
            "in its outlines": client.library.preview(kind, model_id, method="HEAD"),
            "to whoever claims to hold it": client.library.preview(kind, model_id, **{"If-None-Match": "*"}),
        }
        shown = [way for way, answer in ways.items() if answer.status != 403 or self._preview[:50] in answer.content]
        self._hold(not shown, "a hidden preview is shown to nobody", f"it is shown {', '.join(shown)}")

    def is_none(self) -> None:
        for where, item in self._told():
            told = (item.get("preview"), item.get("preview_url"), item.get("preview_hidden"))
            self._hold(told == (None, None, False), f"“{self._name}” has no preview", f"{where} tells {told}")
        answer = self._shown()
        self._hold(
            answer.status == 404, f"“{self._name}” has no preview", f"asked for it, {len(answer.content)} bytes came"
        )

    def piece_came(self) -> None:
        """Exactly the bytes that were asked for, and which they are of how many."""
        piece, answer, whole = self._library.previews.piece, self._world.answered, self._preview
        self._hold(answer.status == 206, "a piece is told to be one", f"the answer was {answer.status}")
        self._is(answer, whole[piece.first : piece.last + 1])
        wanted, told = f"bytes {piece.first}-{piece.last}/{len(whole)}", answer.headers.get("content-range")
        self._hold(told == wanted, f"the piece is told as {wanted}", f"it is told as {told}")

    def piece_refused(self) -> None:
        answer, size = self._world.answered, len(self._preview)
        self._hold(answer.status == 416, "a piece past the end is refused", f"the answer was {answer.status}")
        told = answer.headers.get("content-range")
        self._hold(told == f"bytes */{size}", f"it is told that there are {size} bytes", f"told was {told}")

    def not_sent_again(self) -> None:
        answer = self._world.answered
        self._hold(
            answer.status == 304 and not answer.content,
            "what is held already is not sent again",
            f"{len(answer.content)} bytes came ({answer.status})",
        )

    def whole_came(self) -> None:
        """All of it as it is now, told as the whole: whoever holds the beginning of another one begins anew."""
        answer = self._world.answered
        self._hold(answer.status == 200, "the whole is told to be it", f"the answer was {answer.status}")
        self._is(answer, self._preview)

    def _is(self, answer: Answer, wanted: bytes) -> None:
        same = answer.content == wanted
        self._hold(same, f"{len(wanted)} bytes come as they lie on the disk", f"{len(answer.content)} others came")

    def _shown(self) -> Answer:
        return self._world.client.library.preview(self._library.kind_of(self._name), self._library.id(self._name))

    def _told(self) -> list[tuple[str, dict[str, object]]]:
        """What is told of the model wherever models are told."""
        kind, model_id, client = self._library.kind_of(self._name), self._library.id(self._name), self._world.client
        known = self._library.known(self._name)
        answers = {
            "a search": client.library.list(kind, search=known["name"], page_size=100),
            "a look-up": client.library.list(kind, hash=known["sha256"], page_size=100),
        }
        found = [(where, _one(answer.must().body["items"], model_id)) for where, answer in answers.items()]
        return [("the list", self._library.item(self._name) or {}), ("its own page", known), *found]


def _one(items: list[dict[str, object]], model_id: str) -> dict[str, object]:
    return next((item for item in items if item["id"] == model_id), {})


def preview(world: World, name: str) -> ExpectPreview:
    """Checks on the preview of one model."""
    return ExpectPreview(world, name)
