"""Scans against a real folder: what is new, moved, damaged, linked, beside a model, or brought by others meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import Conflict, Unavailable
from app.events import Event
from app.library.listing import Wanted
from app.library.model import Model
from app.library.service import Library
from app.library.walking import Found, walk
from app.model_files import ModelKind
from support.builders import safetensors
from tests.shelf_of_models import LORAS, Home, named, put, weights


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def library(home: Home) -> Iterator[Library]:
    with home.library() as library:
        yield library


def only(library: Library) -> Model:
    (model,) = library.catalogue.all(LORAS)
    return model


def sidecar(model: Path, **said: Any) -> Path:
    path = model.with_name(f"{model.stem}.metadata.json")
    path.write_text(json.dumps(said))
    return path


def told(report: list[Any]) -> list[str]:
    return [one.file for one in report]


def test_a_moved_file_keeps_its_entry_wherever_it_went(home: Home, library: Library) -> None:
    other = home.folder / "more"
    home.roots[LORAS] = [home.loras, other]
    path = put(home.loras, "a/old.ckpt", b"weights")
    library.scan(LORAS)
    before = only(library)
    for target in (home.loras / "b" / "new.ckpt", other / "old.ckpt", home.loras / "old.ckpt"):
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        path = target
        report = library.scan(LORAS)
        assert (report.added, report.changed, report.gone) == (0, 1, 0)
        after = only(library)
        assert (after.id, after.path, after.name, after.added_at) == (before.id, target, target.stem, before.added_at)
    assert library.scan(LORAS).changed == 0


def test_a_copy_is_another_model_and_of_two_that_moved_each_keeps_its_own(home: Home, library: Library) -> None:
    for name in ("one.ckpt", "two.ckpt"):
        put(home.loras, name, b"weights")
    library.scan(LORAS)
    ids = {model.file_name: model.id for model in library.catalogue.all(LORAS)}
    put(home.loras, "copy/two.ckpt", b"weights")
    assert library.scan(LORAS).added == 1
    for name in ("one.ckpt", "two.ckpt"):
        (home.loras / "moved").mkdir(exist_ok=True)
        (home.loras / name).rename(home.loras / "moved" / name)
    report = library.scan(LORAS)
    assert (report.added, report.changed, report.gone) == (0, 2, 0)
    found = {model.file: model.id for model in library.catalogue.all(LORAS)}
    assert (found["moved/one.ckpt"], found["moved/two.ckpt"]) == (ids["one.ckpt"], ids["two.ckpt"])


def test_models_of_all_roots_are_found_and_a_name_may_be_in_each(home: Home, library: Library) -> None:
    home.roots[LORAS] = [home.loras, home.folder / "more", home.folder / "missing"]
    for root in home.roots[LORAS][:2]:
        put(root, "a.ckpt", str(root).encode())
    report = library.scan(LORAS)
    assert (report.found, report.added, report.unreadable) == (2, 2, [])
    assert [model.path for model in library.catalogue.ordered(LORAS, "name")] == [
        home.loras / "a.ckpt",
        home.folder / "more" / "a.ckpt",
    ]
    home.roots[LORAS] = [home.loras]
    library.settings_changed()
    assert named(library) == ["a.ckpt"]
    assert library.scan(LORAS).gone == 0
    home.roots[LORAS] = [home.folder / "more"]
    library.settings_changed()
    assert only(library).path == home.folder / "more" / "a.ckpt", "what was known below a root is known again"


def test_a_root_that_was_moved_as_a_whole_is_not_hashed_again(home: Home, library: Library) -> None:
    path = put(home.loras, "a/b.ckpt", b"before")
    library.scan(LORAS)
    before = only(library)
    home.loras.rename(home.folder / "elsewhere")
    home.roots[LORAS] = [home.folder / "elsewhere"]
    library.settings_changed()
    assert named(library) == []
    moved = home.folder / "elsewhere" / "a" / "b.ckpt"
    moved.write_bytes(b"after!")
    os.utime(moved, ns=(before.mtime_ns, before.mtime_ns))
    library.scan(LORAS)
    assert (only(library).id, only(library).sha256, only(library).path) == (before.id, before.sha256, moved)
    assert not path.exists()


def test_only_a_full_scan_and_a_verification_see_a_change_that_size_and_time_hide(home: Home, library: Library) -> None:
    path = put(home.loras, "a.ckpt", b"before")
    put(home.loras, "b.ckpt", b"steady")
    library.scan(LORAS)
    before = library.by_name("a")
    assert before is not None
    path.write_bytes(b"after!")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert library.scan(LORAS).changed == 0
    verified = library.verify(LORAS, None)
    assert (verified.verified, [model.id for model in verified.changed]) == (2, [before.id])
    assert library.get(LORAS, before.id).sha256 == hashlib.sha256(b"after!").hexdigest()
    path.write_bytes(b"third!")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert (library.verify(LORAS, []).verified, library.scan(LORAS).changed) == (0, 0)
    assert library.scan(LORAS, full=True).changed == 1
    path.unlink()
    missing = library.verify(LORAS, [before.id])
    assert (missing.verified, told(missing.missing)) == (0, ["a.ckpt"])


def test_what_lies_beside_a_model_is_taken_in_and_its_changes_are_noticed(home: Home, library: Library) -> None:
    path = put(home.loras, "a.ckpt")
    library.scan(LORAS)
    assert (only(library).base_model, only(library).tags, only(library).preview) == ("Unknown", (), None)
    beside = sidecar(path, base_model="Pony", tags=["oil", "night"], trainedWords=["neon"], favorite=True, notes="mine")
    put(home.loras, "a.preview.png")
    assert library.scan(LORAS).changed == 1
    found = only(library)
    assert (found.base_model, found.tags, found.trained_words) == ("Pony", ("oil", "night"), ("neon",))
    assert (found.favorite, found.notes, found.preview, found.mature) == (True, "mine", "a.preview.png", False)
    sidecar(path, base_model="Pony", preview_nsfw_level=8, civitai={"id": 7, "modelId": 3})
    put(home.loras, "a.webp")
    assert library.scan(LORAS).changed == 1
    found = only(library)
    assert (found.mature, found.model_id, found.model_version_id, found.preview) == (True, 3, 7, "a.webp")
    beside.unlink()
    assert library.scan(LORAS).changed == 1
    assert (only(library).base_model, only(library).mature, only(library).model_id) == ("Unknown", False, None)
    assert library.scan(LORAS).changed == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff\xfe\x00", b"[" * 50_000])
def test_a_sidecar_that_cannot_be_read_is_told_every_time_and_hides_nothing(
    home: Home, library: Library, content: bytes
) -> None:
    path = put(home.loras, "x/a.ckpt")
    beside = sidecar(path, base_model="Pony", favorite=True)
    library.scan(LORAS)
    beside.write_bytes(content)
    for _ in range(2):
        report = library.scan(LORAS)
        assert (told(report.sidecars), report.unreadable, report.gone) == (["x/a.ckpt"], [], 0)
    found = only(library)
    assert (found.base_model, found.favorite) == ("Pony", True), "what was known before is not forgotten"
    assert (found.sidecar_fault or "").startswith("a.metadata.json: ")
    put(home.loras, "fresh.metadata.json", content)
    put(home.loras, "fresh.ckpt")
    assert sorted(told(library.scan(LORAS).sidecars)) == ["fresh.ckpt", "x/a.ckpt"]
    assert named(library) == ["x/a.ckpt", "fresh.ckpt"]
    sidecar(path, base_model="Pony")
    assert told(library.scan(LORAS).sidecars) == ["fresh.ckpt"]


def test_without_a_sidecar_the_header_names_the_base_model(home: Home, library: Library) -> None:
    said = {"ss_base_model_version": "sdxl_base_v1-0", "ss_sd_model_name": "ponyDiffusionV6XL.safetensors"}
    path = put(home.loras, "a.safetensors", weights(b"1", said))
    library.scan(LORAS)
    assert only(library).base_model == "Pony"
    sidecar(path, base_model="stability ai")
    library.scan(LORAS)
    assert only(library).base_model == "stability ai"
    sidecar(path, base_model="Unknown", tags=["x"])
    library.scan(LORAS)
    assert only(library).base_model == "Pony"


def test_each_file_is_listed_once_and_where_it_lies(home: Home, library: Library) -> None:
    real = put(home.loras, "z/real.ckpt", b"1")
    outside = put(home.folder / "outside", "deep/far.ckpt", b"2")
    (home.loras / "a-link.ckpt").symlink_to(real)
    (home.loras / "a-folder").symlink_to(real.parent, target_is_directory=True)
    (home.loras / "round").symlink_to(home.loras, target_is_directory=True)
    (home.loras / "self").symlink_to("self")
    (home.loras / "nowhere.ckpt").symlink_to("nothing")
    (home.loras / "b-out").symlink_to(outside.parent.parent, target_is_directory=True)
    (home.loras / "c-out").symlink_to(outside.parent, target_is_directory=True)
    (home.loras / "far-link.ckpt").symlink_to(outside)
    report = library.scan(LORAS)
    assert (report.found, report.unreadable) == (2, [])
    assert named(library) == ["b-out/deep/far.ckpt", "z/real.ckpt"]
    before = {model.name: model.id for model in library.catalogue.all(LORAS)}
    (home.loras / "b-out").unlink()
    report = library.scan(LORAS)
    assert (report.added, report.changed, report.gone) == (0, 1, 0)
    assert {model.name: model.id for model in library.catalogue.all(LORAS)} == before


def test_links_never_come_before_what_they_lead_to(home: Home, library: Library) -> None:
    # A disk lists names in an order of its own, such as that in which they were made.
    for number in range(4):
        link, real = home.loras / f"link-{number}", home.loras / f"real-{number}"
        for path in (link, real) if number % 2 else (real, link):
            path.mkdir() if path == real else link.symlink_to(real, target_is_directory=True)
        put(real, f"{number}.ckpt")
    library.scan(LORAS)
    assert {model.folder for model in library.catalogue.all(LORAS)} == {f"real-{number}" for number in range(4)}


def test_what_is_hidden_or_only_looks_like_a_model_is_none(home: Home, library: Library) -> None:
    for name in (".hidden.ckpt", "._a.safetensors", ".partial/b.ckpt", ".Trash/c.ckpt", "d.txt", "e", ".ckpt", "f."):
        put(home.loras, name)
    (home.loras / "folder.ckpt").mkdir()
    put(home.loras, "folder.ckpt/inside.ckpt")
    assert (library.scan(LORAS).found, named(library)) == (1, ["folder.ckpt/inside.ckpt"])


def test_a_name_that_is_no_text_is_told_and_not_listed(home: Home, library: Library) -> None:
    folder = os.fsencode(home.loras)
    for name in (b"\xff.ckpt", b"\xfe"):
        if name.endswith(b".ckpt"):
            Path(os.fsdecode(folder + b"/" + name)).write_bytes(b"1")
        else:
            Path(os.fsdecode(folder + b"/" + name)).mkdir()
    report = library.scan(LORAS)
    assert sorted(told(report.unreadable)) == ["\ufffd", "\ufffd.ckpt"]
    json.dumps(report.as_json()).encode()


DAMAGE = {
    "sha256": "'none'",
    "autov2": "'0000000000'",
    "autov3": "'?'",
    "size_bytes": "'large'",
    "mtime_ns": "NULL + 1.5",
    "added_at": "'yesterday'",
    "modified_at": "12",
    "tags": "'[\"oil\"'",
    "trained_words": "'{}'",
    "base_model": "''",
    "notes": "x'ff'",
    "name": "'another'",
    "favorite": "'perhaps'",
    "model_id": "'seven'",
    "kind": "'hypernetworks'",
}


@pytest.mark.parametrize("column", DAMAGE)
def test_an_entry_that_makes_no_sense_is_made_anew_from_the_disk_and_told(home: Home, column: str) -> None:
    path = put(home.loras, "x/a.ckpt", b"weights")
    put(home.loras, "b.ckpt", b"others")
    sidecar(path, tags=["oil"], base_model="Pony")
    with home.library() as library:
        library.scan(LORAS)
        before = library.by_name("a")
        assert before is not None
    connection = sqlite3.connect(home.folder / "studio.db")
    value = DAMAGE[column] if column != "mtime_ns" else "'now'"
    connection.execute(f"UPDATE model_files SET {column} = {value} WHERE file_name = 'a.ckpt'")
    connection.commit()
    connection.close()
    with home.library() as library:
        assert named(library) == ["b.ckpt"], "the others are there"
        report = library.scan(LORAS)
        assert [(one.file, bool(one.why)) for one in report.repaired] == [("x/a.ckpt", True)]
        assert (report.added, report.changed, report.gone) == (0, 0, 0)
        after = library.by_name("a")
        assert after is not None
        assert (after.id, after.sha256, after.tags, after.base_model) == (before.id, before.sha256, ("oil",), "Pony")
        assert library.known_as(before.sha256) == (after,)
        assert library.scan(LORAS).repaired == []


def test_damage_of_an_entry_whose_file_is_gone_goes_with_it(home: Home) -> None:
    path = put(home.loras, "a.ckpt")
    with home.library() as library:
        library.scan(LORAS)
    path.unlink()
    connection = sqlite3.connect(home.folder / "studio.db")
    connection.execute("UPDATE model_files SET sha256 = 'none'")
    connection.commit()
    connection.close()
    with home.library() as library:
        assert told(library.scan(LORAS).repaired) == ["a.ckpt"]
        assert library.scan(LORAS).repaired == []


def test_entries_of_an_older_studio_lie_below_the_first_root_and_are_completed(home: Home) -> None:
    path = put(home.loras, "a.safetensors", weights(b"1", {"ss_base_model_version": "sd_v1"}))
    with home.library() as library:
        library.scan(LORAS)
        before = only(library)
    connection = sqlite3.connect(home.folder / "studio.db")
    connection.execute("UPDATE model_files SET root = '', base_model = 'Unknown', modified_at = NULL")
    connection.commit()
    connection.close()
    with home.library() as library:
        assert (only(library).id, only(library).path) == (before.id, path)
        report = library.scan(LORAS)
        assert (report.added, report.changed, report.gone, report.repaired) == (0, 1, 0, [])
        assert only(library).base_model == "SD 1.5"
    home.roots[LORAS] = [home.folder / "new", home.loras]
    with home.library() as library:
        assert only(library).path == path


class Meanwhile(Library):
    """Has something happen while a scan hashes: after its first file is written down, or hashed."""

    happens: Any = None

    def changing(self) -> Any:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return super().changing()


@pytest.fixture
def meanwhile(home: Home, library: Library) -> Meanwhile:
    library.__class__ = Meanwhile
    assert isinstance(library, Meanwhile)
    return library


def test_what_a_download_brings_during_a_scan_is_not_lost(home: Home, meanwhile: Meanwhile) -> None:
    put(home.loras, "a.ckpt")

    def bring() -> None:
        for name in ("late.safetensors", "a.ckpt"):
            path = put(home.loras, name, safetensors(name, 500)) if name != "a.ckpt" else home.loras / name
            meanwhile.register(path, LORAS, hashlib.sha256(path.read_bytes()).hexdigest())

    meanwhile.happens = bring
    report = meanwhile.scan(LORAS)
    assert (report.found, report.gone) == (1, 0)
    assert named(meanwhile) == ["a.ckpt", "late.safetensors"]
    assert meanwhile.scan(LORAS).added == 0


def test_what_is_renamed_or_deleted_during_a_scan_stays_so(home: Home, meanwhile: Meanwhile) -> None:
    for name in ("a.ckpt", "b.ckpt", "c.ckpt"):
        put(home.loras, name)
    meanwhile.scan(LORAS)
    put(home.loras, "new.ckpt")

    def change() -> None:
        one, other, _ = meanwhile.catalogue.ordered(LORAS, "name")
        with meanwhile.changing() as changing:
            (home.loras / "a.ckpt").rename(home.loras / "z.ckpt")
            changing.put(replace(one, file_name="z.ckpt", name="z", favorite=True))
            (home.loras / "b.ckpt").unlink()
            changing.drop(other.id)
            (home.loras / "new.ckpt").unlink()

    meanwhile.happens = change
    report = meanwhile.scan(LORAS)
    assert (report.added, report.gone) == (0, 0)
    assert named(meanwhile) == ["c.ckpt", "z.ckpt"]
    found = meanwhile.by_name("z")
    assert found is not None
    assert found.favorite


def test_a_rename_that_is_half_done_when_a_scan_begins_is_not_undone_by_it(home: Home, meanwhile: Meanwhile) -> None:
    path = put(home.loras, "a.ckpt")
    put(home.loras, "b.ckpt")
    meanwhile.scan(LORAS)
    before = meanwhile.by_name("a")
    assert before is not None
    path.rename(home.loras / "z.ckpt")
    put(home.loras, "new.ckpt")

    def finish() -> None:
        with meanwhile.changing() as changing:
            changing.put(replace(before, file_name="z.ckpt", name="z", favorite=True))

    meanwhile.happens = finish
    report = meanwhile.scan(LORAS)
    assert (report.added, report.gone) == (1, 0)
    found = meanwhile.by_name("z")
    assert found is not None
    assert found.id == before.id


def test_a_change_by_hand_during_a_scan_is_not_overwritten(home: Home, meanwhile: Meanwhile) -> None:
    path = put(home.loras, "a.ckpt")
    meanwhile.scan(LORAS)
    path.write_bytes(b"new weights")

    def exclude() -> None:
        with meanwhile.changing() as changing:
            changing.put(replace(only(meanwhile), excluded=True))

    meanwhile.happens = exclude
    assert meanwhile.scan(LORAS).changed == 1
    assert (only(meanwhile).excluded, only(meanwhile).size_bytes) == (True, len(b"new weights"))


def test_opening_another_library_ends_a_scan_and_mixes_nothing(home: Home, meanwhile: Meanwhile) -> None:
    put(home.loras, "a.ckpt")
    put(home.folder / "work", "b.ckpt")
    meanwhile.scan(LORAS)
    put(home.loras, "new.ckpt")
    opened = threading.Event()

    def open_another() -> None:
        home.library_name, home.roots[LORAS] = "work", [home.folder / "work"]
        meanwhile.settings_changed()
        opened.set()

    meanwhile.happens = open_another
    with pytest.raises(Conflict, match="scan again"):
        meanwhile.scan(LORAS)
    assert opened.is_set()
    assert named(meanwhile) == []
    assert meanwhile.scan(LORAS).added == 1
    assert named(meanwhile) == ["b.ckpt"]
    home.library_name, home.roots[LORAS] = "default", [home.loras]
    meanwhile.settings_changed()
    assert meanwhile.scan(LORAS).gone == 0
    assert named(meanwhile) == ["a.ckpt", "new.ckpt"]


def test_a_scan_tells_how_it_goes_and_the_library_answers_meanwhile(home: Home, library: Library) -> None:
    events: list[tuple[str, Any, Any]] = []
    listed: list[int] = []

    class Heard(type(library.progress.channel)):  # type: ignore[misc]
        def publish(self, event: Event) -> None:
            events.append((event.kind, event.data.get("done"), event.data.get("of")))
            listed.append(library.page(LORAS).total)
            super().publish(event)

    library.progress.channel.__class__ = Heard
    for number in range(3):
        put(home.loras, f"{number}.ckpt", bytes([number]))
    library.scan(LORAS)
    assert events == [
        ("started", None, None),
        *(("progress", done, 3) for done in range(4)),
        ("completed", None, None),
    ]
    assert listed[0] == 0
    assert listed[-1] == 3
    assert library.progress.snapshot() == {"event": "snapshot", "scans": []}


def test_a_scan_that_the_studios_end_cuts_short_says_so(home: Home, library: Library) -> None:
    put(home.loras, "a.ckpt")
    library.close()
    with pytest.raises(Unavailable, match="the studio closes"):
        library.scan(LORAS)
    assert library.progress.snapshot()["scans"] == []


def test_what_nobody_could_look_into_is_not_gone() -> None:
    met = walk([])
    met.unlisted.append(("/models", "a"))
    for folder, hidden in (("a", True), ("a/b", True), ("ab", False), ("", False)):
        key = Found("/models", folder, "x.ckpt", 1, 1, None, "").key
        assert met.could_not_see(key) is hidden
    met.unlisted.append(("/models", ""))
    assert met.could_not_see(("/models", "anything", "x.ckpt"))
    assert not met.could_not_see(("/other", "a", "x.ckpt"))


def test_kinds_are_kept_apart(home: Home, library: Library) -> None:
    put(home.loras, "a.ckpt")
    put(home.folder / "checkpoints", "b.ckpt")
    for kind in (LORAS, ModelKind.CHECKPOINTS):
        library.scan(kind)
    assert (named(library), named(library, ModelKind.CHECKPOINTS)) == (["a.ckpt"], ["b.ckpt"])
    assert library.page(LORAS, Wanted(search="b")).total == 0
