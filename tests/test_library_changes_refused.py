"""What is refused, or fails, leaves everything as it was: bad names, links that lead outside, a full disk."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, InvalidInput, StorageUnavailable, StudioError
from support.waiting import until
from tests.model_folder import COMPANIONS, LORAS, ModelFolder, faulty, full_disk, threads

NEON = "neon.safetensors"
STRANGERS = ("neon-city.safetensors", "neon.v2.safetensors", "neon.v2.png", "neon-city.metadata.json", "neon.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ModelFolder]:
    folder = ModelFolder(tmp_path)
    yield folder
    folder.close()
    assert until(lambda: not threads()), threads()


def second(seconds: float = 1) -> timedelta:
    return timedelta(seconds=seconds)


def refusal(do: Callable[[], object]) -> StudioError:
    with pytest.raises(StudioError) as refused:
        do()
    return refused.value


@pytest.mark.parametrize(
    "taken", ["night.safetensors", "night.ckpt", "NIGHT.ckpt", "night.png", "Night.Metadata.JSON", "night.preview.gif"]
)
def test_a_name_that_somebody_has_is_refused(folder: ModelFolder, taken: str) -> None:
    model = folder.take_in(NEON, ".png")
    (folder.root / taken).write_bytes(b"somebody's")
    files = folder.files()
    refused = refusal(lambda: folder.changes.rename(LORAS, model.id, "night"))
    assert (type(refused), refused.code, taken in refused.message) == (Conflict, "taken", True)
    assert (folder.files(), folder.folders()) == (files, set())


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "\0", ".hidden", "dot.", "NUL", "x" * 201, "\ud800"])
def test_a_name_that_is_none_is_refused(folder: ModelFolder, name: str) -> None:
    model = folder.take_in(NEON)
    refused = refusal(lambda: folder.changes.rename(LORAS, model.id, name))
    assert (type(refused), refused.field) == (InvalidInput, "name")
    assert sorted(folder.files()) == [NEON]


@pytest.mark.parametrize("name", ["..", "/tmp", "a/../..", "a//b", "~/a", "C:/a", ".changes", "a/\0", "a\\..\\.."])
def test_a_folder_that_leads_elsewhere_is_refused(folder: ModelFolder, name: str) -> None:
    model = folder.take_in(NEON)
    refused = refusal(lambda: folder.changes.move(LORAS, model.id, name))
    assert (type(refused), refused.field) == (InvalidInput, "folder")
    assert folder.folders() == set()


def test_a_file_where_a_folder_is_wanted_is_in_the_way(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    folder.put("old.ckpt")
    for wanted in ("old.ckpt", "old.ckpt/below"):
        assert refusal(partial(folder.changes.move, LORAS, model.id, wanted)).code == "taken"


def test_nothing_is_changed_through_a_link_that_leads_outside(folder: ModelFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "far.ckpt").write_bytes(b"far")
    (folder.root / "linked").symlink_to(outside)
    inside = folder.take_in(NEON)
    far = folder.model("linked/far.ckpt")
    doings = (
        lambda: folder.changes.delete(LORAS, [inside.id, far.id]),
        lambda: folder.changes.rename(LORAS, far.id, "near"),
        lambda: folder.changes.move(LORAS, far.id, ""),
        lambda: folder.changes.move(LORAS, inside.id, "linked"),
        lambda: folder.changes.move(LORAS, inside.id, "linked/below"),
        lambda: folder.changes.edit(LORAS, far.id, {"favorite": True}),
    )
    for do in doings:
        refused = refusal(do)
        assert (type(refused), refused.code) == (InvalidInput, "outside")
    assert [path.name for path in outside.iterdir()] == ["far.ckpt"]
    assert sorted(folder.files()) == ["linked", NEON]


def test_a_folder_for_what_waits_that_leads_outside_is_not_used(folder: ModelFolder, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder.root / ".changes").symlink_to(tmp_path / "outside")
    model = folder.take_in(NEON)
    assert refusal(lambda: folder.changes.delete(LORAS, [model.id])).code == "outside"
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_model_that_is_a_link_is_deleted_as_a_link(folder: ModelFolder, tmp_path: Path) -> None:
    (tmp_path / "far.ckpt").write_bytes(b"far")
    (folder.root / "neon.ckpt").symlink_to(tmp_path / "far.ckpt")
    folder.library.scan(LORAS)
    folder.changes.rename(LORAS, folder.model("neon.ckpt").id, "night")
    assert (folder.root / "night.ckpt").is_symlink()
    folder.changes.delete(LORAS, [folder.model("night.ckpt").id])
    folder.clock.advance(second(20))
    assert until(lambda: not folder.files())
    assert (tmp_path / "far.ckpt").read_bytes() == b"far"


def test_a_link_that_leads_from_its_own_folder_is_not_moved(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    (folder.root / "neon.jpg").symlink_to("store/real.jpg")
    assert refusal(lambda: folder.changes.move(LORAS, model.id, "film")).code == "link"


def test_a_follower_that_fails_takes_everything_back(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, *COMPANIONS)
    before = (folder.files(), folder.models(), folder.used(), folder.folders())
    folder.follower_fails = True
    for change in (folder.changes.rename, folder.changes.move):
        with pytest.raises(RuntimeError, match="a recipe cannot be changed"):
            change(LORAS, model.id, "b")
        assert (folder.files(), folder.models(), folder.used(), folder.folders()) == before


@pytest.mark.parametrize("what", ["rename", "move"])
def test_a_catalogue_that_cannot_be_written_takes_everything_back(folder: ModelFolder, what: str) -> None:
    model = folder.take_in(NEON, *COMPANIONS)
    before = (folder.files(), folder.models(), folder.used(), folder.folders())
    folder.commit_fails = True
    with pytest.raises(IntegrityError):
        getattr(folder.changes, what)(LORAS, model.id, "night")
    assert (folder.files(), folder.models(), folder.used(), folder.folders()) == before
    folder.restart()
    assert (folder.files(), folder.models(), folder.used(), folder.folders()) == before


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("what", ["rename", "move", "delete"])
def test_a_disk_that_fails_at_any_change_leaves_all_or_nothing(folder: ModelFolder, what: str, error: int) -> None:
    model = folder.take_in(NEON, *COMPANIONS)
    files = folder.files()
    do: dict[str, Callable[[], object]] = {
        "rename": lambda: folder.changes.rename(LORAS, model.id, "night"),
        "move": lambda: folder.changes.move(LORAS, model.id, "film"),
        "delete": lambda: folder.changes.delete(LORAS, [model.id]),
    }
    refused, at = True, 0
    while refused:
        with faulty(folder, at, error) as disk:
            try:
                do[what]()
                refused = disk.done > at and folder.listed() == [NEON]
            except StorageUnavailable:
                assert (folder.files(), folder.listed(), folder.used()) == (files, [NEON], {model.id: NEON})
                assert folder.folders() == set()
        at += 1
    assert at > 5
    assert folder.listed() == {"rename": ["night.safetensors"], "move": [f"film/{NEON}"], "delete": []}[what]


def test_a_full_disk_is_told_as_full(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    with full_disk(folder, 2):
        refused = refusal(lambda: folder.changes.rename(LORAS, model.id, "night"))
    assert (refused.code, "the disk is full" in refused.message) == ("no_space", True)
