"""Deleting, undoing, renaming, moving, excluding, saying: files, catalogue and recipes together, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import Conflict, NotFound, StudioError
from support.waiting import until
from tests.model_folder import COMPANIONS, LORAS, ModelFolder, changes_of_files, threads

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


def test_a_deletion_takes_the_model_and_its_companions_and_nothing_else(folder: ModelFolder) -> None:
    model = folder.take_in(f"film/{NEON}", *COMPANIONS)
    strangers = {f"film/{name}": folder.put(f"film/{name}").read_bytes() for name in STRANGERS}
    deletion = folder.changes.delete(LORAS, [model.id])
    assert sorted(deletion.files) == sorted(f"film/neon{suffix}" for suffix in (*COMPANIONS, ".safetensors"))
    assert deletion.undo_until == folder.clock.now() + second(20)
    visible = {name: content for name, content in folder.files().items() if ".changes" not in name}
    assert visible == strangers
    folder.clock.advance(second(20))
    assert until(lambda: folder.files() == strangers), folder.files()
    assert folder.folders() == {"film"}


def test_what_was_undone_is_as_it_was_in_every_way(folder: ModelFolder) -> None:
    model = folder.take_in(f"film/{NEON}", *COMPANIONS)
    before, files = folder.models(), folder.files()
    deletion = folder.changes.delete(LORAS, [model.id])
    assert folder.listed() == []
    assert folder.library.scan(LORAS).found == 0
    folder.clock.advance(second(19.9))
    assert folder.changes.undo(deletion.batch_id) == [model]
    assert (folder.models(), folder.files(), folder.folders()) == (before, files, {"film"})
    assert folder.scan_finds_nothing_new()


def test_a_deletion_is_undone_once_and_not_after_its_time(folder: ModelFolder) -> None:
    first, second_ = (folder.take_in(f"{name}.ckpt") for name in "ab")
    undone = folder.changes.delete(LORAS, [first.id]).batch_id
    folder.changes.undo(undone)
    assert isinstance(refusal(lambda: folder.changes.undo(undone)), NotFound)
    over = folder.changes.delete(LORAS, [second_.id]).batch_id
    folder.clock.advance(second(20))
    for _ in range(2):  # before and after the files are gone
        assert refusal(lambda: folder.changes.undo(over)).code == "expired"
        assert until(lambda: sorted(folder.files()) == ["a.ckpt"])


def test_an_undo_does_not_write_over_what_has_come_meanwhile(folder: ModelFolder) -> None:
    folder.take_in("old.ckpt", ".png")
    ids = [folder.take_in(NEON, *COMPANIONS).id, folder.model("old.ckpt").id]
    deletion = folder.changes.delete(LORAS, ids)
    waiting = folder.files()
    (folder.root / "neon.png").write_bytes(b"another")
    refused = refusal(lambda: folder.changes.undo(deletion.batch_id))
    assert (type(refused), refused.code, "neon.png" in refused.message) == (Conflict, "occupied", True)
    assert folder.files() == waiting | {"neon.png": b"another"}
    assert folder.listed() == []
    (folder.root / "neon.png").unlink()
    folder.changes.undo(deletion.batch_id)
    assert folder.listed() == [NEON, "old.ckpt"]


def test_several_are_deleted_together_or_none(folder: ModelFolder) -> None:
    ids = [folder.take_in(f"{name}/{name}.ckpt", ".png").id for name in "abc"]
    files = folder.files()
    assert isinstance(refusal(lambda: folder.changes.delete(LORAS, [*ids, "0" * 32])), NotFound)
    assert folder.files() == files
    deletion = folder.changes.delete(LORAS, [*ids, ids[0]])
    assert len(deletion.files) == 6
    assert [model.id for model in folder.changes.undo(deletion.batch_id)] == ids
    assert folder.files() == files


def test_what_twins_share_stays_with_the_one_that_is_left(folder: ModelFolder) -> None:
    folder.put("neon.ckpt")
    model = folder.take_in(NEON, ".png")
    deletion = folder.changes.delete(LORAS, [model.id])
    assert deletion.files == (NEON,)
    folder.changes.undo(deletion.batch_id)
    both = folder.changes.delete(LORAS, [model.id, folder.model("neon.ckpt").id])
    assert sorted(both.files) == ["neon.ckpt", "neon.png", NEON]


def test_what_twins_share_is_copied_for_the_one_that_is_renamed(folder: ModelFolder) -> None:
    folder.put("neon.ckpt")
    model = folder.take_in(NEON, ".png", ".metadata.json")
    folder.changes.rename(LORAS, model.id, "night")
    assert sorted(folder.files()) == [
        *("neon.ckpt", "neon.metadata.json", "neon.png"),
        *("night.metadata.json", "night.png", "night.safetensors"),
    ]
    assert json.loads(folder.files()["neon.metadata.json"])["file_name"] == "neon"
    assert json.loads(folder.files()["night.metadata.json"])["file_name"] == "night"


def test_a_model_that_is_gone_from_the_disk_can_be_deleted_and_not_renamed(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".png")
    (folder.root / NEON).unlink()
    assert isinstance(refusal(lambda: folder.changes.rename(LORAS, model.id, "night")), NotFound)
    assert folder.changes.delete(LORAS, [model.id]).files == ("neon.png",)
    assert folder.listed() == []


def test_a_rename_takes_everything_along(folder: ModelFolder) -> None:
    model = folder.take_in(f"film/{NEON}", *COMPANIONS)
    contents = {name.removeprefix("film/neon"): content for name, content in folder.files().items()}
    after = folder.changes.rename(LORAS, model.id, "night")
    assert (after.id, after.file, after.name, after.preview) == (
        model.id,
        "film/night.safetensors",
        "night",
        "night.png",
    )
    assert folder.used() == {model.id: "film/night.safetensors"}
    renamed = {name.removeprefix("film/night"): content for name, content in folder.files().items()}
    assert renamed.pop(".metadata.json") == b'{"file_name": "night", "mine": 1}'
    assert renamed == {suffix: content for suffix, content in contents.items() if suffix != ".metadata.json"}
    assert folder.folders() == {"film"}
    assert folder.scan_finds_nothing_new()
    assert folder.library.by_name("night") == folder.model("film/night.safetensors")


def test_a_move_makes_its_folder_and_brings_everything(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, *COMPANIONS)
    after = folder.changes.move(LORAS, model.id, "flux/styles/")
    assert (after.folder, folder.used()[model.id]) == ("flux/styles", f"flux/styles/{NEON}")
    assert sorted(folder.files()) == sorted(f"flux/styles/neon{suffix}" for suffix in (*COMPANIONS, ".safetensors"))
    assert folder.scan_finds_nothing_new()
    assert folder.changes.move(LORAS, model.id, "").file == NEON


def test_the_same_name_and_the_same_folder_change_nothing(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    for name in ("neon", NEON, "neon.SAFETENSORS"):
        assert folder.changes.rename(LORAS, model.id, name) == model
    assert folder.changes.move(LORAS, model.id, "") == model


def test_a_name_may_change_in_its_capital_letters_alone(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".png")
    folder.changes.rename(LORAS, model.id, "Neon")
    assert sorted(folder.files()) == ["Neon.png", "Neon.safetensors"]


def test_a_sidecar_that_nobody_can_read_goes_along_as_it_is(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    (folder.root / "neon.metadata.json").write_bytes(b'{"file_name": "neon", \xff')
    folder.changes.rename(LORAS, model.id, "night")
    assert folder.files()["night.metadata.json"] == b'{"file_name": "neon", \xff'


def test_what_is_said_stands_in_the_sidecar_and_all_else_stays(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".metadata.json")
    said = {"favorite": True, "tags": ("a", "b"), "base_model": "SDXL 1.0", "notes": "good", "mature": True}
    after = folder.changes.edit(LORAS, model.id, said)
    assert {name: getattr(after, name) for name in said} == said
    sidecar = json.loads(folder.files()["neon.metadata.json"])
    assert sidecar["mine"] == 1
    assert (sidecar["favorite"], sidecar["tags"], sidecar["notes"]) == (True, ["a", "b"], "good")
    assert folder.scan_finds_nothing_new()
    folder.restart()
    assert folder.library.scan(LORAS, full=True).changed == 0
    assert {name: getattr(folder.model(NEON), name) for name in said} == said


def test_a_sidecar_that_cannot_be_read_is_not_written_over(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    (folder.root / "neon.metadata.json").write_bytes(b"{")
    assert refusal(lambda: folder.changes.edit(LORAS, model.id, {"favorite": True})).code == "broken_sidecar"
    assert folder.files()["neon.metadata.json"] == b"{"
    assert not folder.model(NEON).favorite


def test_an_excluded_model_is_out_of_everything_until_it_is_included_also_after_a_restart(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".metadata.json")
    files = folder.files()
    folder.changes.set_excluded(LORAS, model.id, True)
    for _ in range(2):
        assert (folder.listed(), folder.library.by_name("neon"), folder.files()) == ([], None, files)
        assert isinstance(refusal(lambda: folder.library.get(LORAS, model.id)), NotFound)
        folder.restart()
        assert folder.scan_finds_nothing_new()
    folder.changes.set_excluded(LORAS, model.id, False)
    assert (folder.listed(), folder.files()) == ([NEON], files)


def test_a_change_costs_few_changes_of_files(folder: ModelFolder) -> None:
    model = folder.take_in(NEON)
    assert changes_of_files(folder, lambda: folder.changes.rename(LORAS, model.id, "night")) <= 12
