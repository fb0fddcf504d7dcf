"""The shelf: what is proven before it has a name, and where that name may be."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path, PurePosixPath

import pytest

from app.downloads.faults import TransferFailed
from app.downloads.shelf import Kept, Shelf, _placed, _Proven
from app.downloads.sources import Source
from app.downloads.transfer import Part
from app.model_files import ModelKind
from support.builders import safetensors
from tests.packages import GOOD, MODEL, OTHER, tarred, zipped

PICKLE = b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s."
TORCH = b"PK\x03\x04" + bytes(100)
NEON = "neon-city.safetensors"


class Desk:
    """A shelf in a folder of its own, and whatever has just arrived."""

    def __init__(self, home: Path) -> None:
        self.root = home / "loras"
        self.shelf = Shelf(root_of=lambda kind: home / kind)
        self.arrivals = 0

    def keep(
        self,
        content: bytes,
        name: str = NEON,
        *,
        sha256: str | None = None,
        url: str = "http://hub.example/1",
        folder: str = "",
        is_safetensors: bool = False,
    ) -> list[Kept]:
        self.arrivals += 1
        path = self.shelf.partial_for(ModelKind.LORAS, f"d{self.arrivals}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        part = Part(path, name, len(content), hashlib.sha256(content).hexdigest())
        source = Source(
            (url,), None, ModelKind.LORAS, PurePosixPath(folder), sha256=sha256, is_safetensors=is_safetensors
        )
        return self.shelf.keep(part, source)

    def holds(self) -> dict[str, bytes]:
        """Every file below the root, partial ones too, by its place."""
        files = (path for path in self.root.rglob("*") if path.is_file() or path.is_symlink())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def refusal(desk: Desk, content: bytes, name: str = NEON, **more: str | bool) -> TransferFailed:
    before = desk.holds()
    with pytest.raises(TransferFailed) as refused:
        desk.keep(content, name, **more)  # type: ignore[arg-type]
    assert desk.holds() == before
    assert not list(desk.root.rglob("*.unpacking"))
    return refused.value


def test_a_proven_model_gets_its_name_and_the_partial_file_is_gone(desk: Desk) -> None:
    sha256 = hashlib.sha256(MODEL).hexdigest()
    kept = desk.keep(MODEL, sha256=sha256.upper(), folder="flux/styles")
    assert kept == [Kept(desk.root / "flux/styles" / NEON, sha256, is_new=True)]
    assert desk.holds() == {f"flux/styles/{NEON}": MODEL}


def test_a_partial_file_lies_below_the_root_of_its_kind(desk: Desk) -> None:
    assert desk.shelf.partial_for(ModelKind.LORAS, "a1") == desk.root / ".partial/a1.part"


def test_a_wrong_sum_names_both(desk: Desk) -> None:
    refused = refusal(desk, MODEL, sha256="0" * 64)
    assert refused.code == "checksum_mismatch"
    assert "0" * 64 in refused.message
    assert hashlib.sha256(MODEL).hexdigest() in refused.message


def test_two_models_of_one_name_both_stay_and_the_same_content_shares_its_file(desk: Desk) -> None:
    # Sums that begin alike, so that the mark alone is not enough.
    one, *others = sums_that_begin_alike(3)
    assert [desk.keep(content)[0].path.name for content in (one, *others)] == [
        NEON,
        f"neon-city-{mark_of(others[0])}.safetensors",
        f"neon-city-{mark_of(others[1])}-1.safetensors",
    ]
    again = [desk.keep(content)[0] for content in (others[1], one)]
    assert [(kept.path.name, kept.is_new) for kept in again] == [
        (f"neon-city-{mark_of(others[1])}-1.safetensors", False),
        (NEON, False),
    ]
    assert sorted(desk.holds().values()) == sorted((one, *others))


def test_a_folder_or_a_broken_link_under_the_name_is_left_alone(desk: Desk) -> None:
    (desk.root / NEON).mkdir(parents=True)
    (desk.root / "old-film.safetensors").symlink_to("nowhere")
    assert desk.keep(MODEL)[0].path.name == f"neon-city-{mark_of(MODEL)}.safetensors"
    assert desk.keep(OTHER, "old-film.safetensors")[0].path.name == f"old-film-{mark_of(OTHER)}.safetensors"
    assert (desk.root / "old-film.safetensors").is_symlink()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", NEON, "empty_file"),
        (b"", "a.ckpt", "empty_file"),
        (b"<!DOCTYPE html><p>Sign in", NEON, "not_a_model"),
        (b"\n <HTML><p>Sign in", "a.ckpt", "not_a_model"),
        (b"\xef\xbb\xbf<html>", "a.pt", "not_a_model"),
        (b"<?xml version='1.0'?><Error/>", "a.bin", "not_a_model"),
        (b'{"error": "Unauthorized"}', NEON, "not_a_model"),
        (b'[{"error": 1}]', "a.pt", "not_a_model"),
        (b" { }", "a.ckpt", "not_a_model"),
        (b"access denied\n", "a.ckpt", "not_a_model"),
        (b"<Error><Code>AccessDenied</Code></Error>", "a.pt", "not_a_model"),
        ("Zugriff verwehrt für dich: ü".encode() * 40, "a.bin", "not_a_model"),
        (MODEL[:-1], NEON, "broken_file"),
        (MODEL + b"x", NEON, "broken_file"),
        ((1 << 40).to_bytes(8, "little") + MODEL[8:], NEON, "broken_file"),
        (b"\0\0\0", NEON, "broken_file"),
        (PICKLE, NEON, "unsafe_pickle"),
        (b"\x80\x04" + PICKLE[2:], NEON.upper(), "unsafe_pickle"),
        (TORCH, NEON, "unsafe_pickle"),
        (b"GGML\x03", "a.gguf", "broken_file"),
        (b"MZ", "setup.exe", "not_a_model"),
        (MODEL, "neon-city", "not_a_model"),
    ],
)
def test_what_is_no_model_is_refused_and_leaves_nothing(desk: Desk, content: bytes, name: str, code: str) -> None:
    assert refusal(desk, content, name).code == code


@pytest.mark.parametrize(
    "promise", [{"is_safetensors": True}, {"url": "http://hub.example/a/neon.safetensors?token=x"}]
)
def test_a_pickle_under_another_name_is_refused_where_safetensors_was_promised(
    desk: Desk, promise: dict[str, str | bool]
) -> None:
    assert refusal(desk, PICKLE, "neon.pt", **promise).code == "unsafe_pickle"
    assert desk.keep(MODEL, "neon.pt", **promise)[0].path.name == "neon.pt"  # type: ignore[arg-type]


@pytest.mark.parametrize(("content", "name"), [(PICKLE, "a.pt"), (TORCH, "a.ckpt"), (b"GGUF\x03", "a.gguf")])
def test_other_formats_are_kept_as_told(desk: Desk, content: bytes, name: str) -> None:
    assert desk.keep(content, name)[0].path.read_bytes() == content


def test_a_sound_header_that_begins_like_a_pickle_is_no_pickle(desk: Desk) -> None:
    content = (0x0280).to_bytes(8, "little") + b'{"__metadata__": {}}'.ljust(0x280)
    assert content.startswith(b"\x80\x02")
    assert desk.keep(content)[0].path.name == NEON


@pytest.mark.parametrize(
    ("told", "kept"), [("../../evil.safetensors", "evil.safetensors"), ("con.safetensors", "xcon.safetensors")]
)
def test_a_name_stays_in_its_folder(desk: Desk, told: str, kept: str) -> None:
    assert desk.keep(MODEL, told)[0].path == desk.root / kept


def test_a_package_gives_each_model_its_own_name_and_sum(desk: Desk) -> None:
    desk.keep(OTHER)
    data = zipped([("flux/" + NEON, MODEL), ("readme.txt", b"hello"), ("old-film.safetensors", OTHER)])
    kept = desk.keep(data, "package.zip", sha256=hashlib.sha256(data).hexdigest())
    assert [(each.path.name, each.sha256) for each in kept] == [
        (f"neon-city-{mark_of(MODEL)}.safetensors", hashlib.sha256(MODEL).hexdigest()),
        ("old-film.safetensors", hashlib.sha256(OTHER).hexdigest()),
    ]
    assert set(desk.holds()) == {NEON, *(each.path.name for each in kept)}


def test_what_a_killed_process_had_unpacked_is_no_hindrance(desk: Desk) -> None:
    (desk.root / ".partial/d1.unpacking").mkdir(parents=True)
    (desk.root / ".partial/d1.unpacking/1").touch()
    assert len(desk.keep(zipped([GOOD]), "package.zip")) == 1


@pytest.mark.parametrize(
    ("bad", "code"),
    [(MODEL[:-1], "broken_file"), (PICKLE, "unsafe_pickle"), (b"<html>", "not_a_model"), (b"", "empty_file")],
)
def test_one_bad_model_refuses_its_whole_package(desk: Desk, bad: bytes, code: str) -> None:
    assert refusal(desk, tarred([GOOD, ("bad.safetensors", bad)]), "package.tar").code == code


def test_a_pickle_in_a_package_that_promised_safetensors_is_refused(desk: Desk) -> None:
    data = zipped([GOOD, ("other.pt", PICKLE)])
    assert refusal(desk, data, "package.zip", is_safetensors=True).code == "unsafe_pickle"
    assert len(desk.keep(data, "package.zip")) == 2


def test_a_package_that_cannot_be_wholly_placed_leaves_none_of_its_models(desk: Desk, tmp_path: Path) -> None:
    desk.keep(OTHER, "old-film.safetensors")
    staged = [tmp_path / "1", tmp_path / "2"]
    for path, content in zip(staged, (MODEL, OTHER), strict=True):
        path.write_bytes(content)
    proven = [
        _Proven(staged[0], NEON, hashlib.sha256(MODEL).hexdigest()),
        _Proven(staged[1], "old-film.safetensors", hashlib.sha256(OTHER).hexdigest()),
        _Proven(tmp_path / "gone", "gone.safetensors", "0" * 64),
    ]
    with pytest.raises(FileNotFoundError):
        _placed(proven, desk.root)
    assert desk.holds() == {"old-film.safetensors": OTHER}


@pytest.mark.parametrize("target", ["outside", "/", ".."])
def test_a_link_that_leads_out_of_the_library_is_not_followed(desk: Desk, tmp_path: Path, target: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    desk.root.mkdir()
    (desk.root / "flux").symlink_to(outside if target == "outside" else target)
    for folder in ("flux", "flux/styles"):
        before = sorted(tmp_path.iterdir())
        with pytest.raises(TransferFailed) as refused:
            desk.keep(MODEL, folder=folder)
        assert (refused.value.code, "leads out of the library" in refused.value.message) == ("unsafe_folder", True)
        assert sorted(tmp_path.iterdir()) == before
        assert list(outside.iterdir()) == []


def test_links_in_a_circle_are_refused(desk: Desk) -> None:
    desk.root.mkdir()
    (desk.root / "a").symlink_to("b")
    (desk.root / "b").symlink_to("a")
    with pytest.raises(TransferFailed) as refused:
        desk.keep(MODEL, folder="a/x")
    assert refused.value.code == "unsafe_folder"


def test_a_root_that_is_itself_a_link_and_links_inside_it_are_followed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "disk/real").mkdir(parents=True)
    desk.root.symlink_to(tmp_path / "disk")
    (desk.root / "flux").symlink_to("real")
    desk.keep(MODEL, folder="flux")
    assert (tmp_path / "disk/real" / NEON).read_bytes() == MODEL


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written_is_told_as_that(desk: Desk) -> None:
    (desk.root / "flux").mkdir(parents=True)
    (desk.root / "flux").chmod(0o500)
    assert refusal(desk, MODEL, folder="flux").code == "no_permission"


def test_a_file_where_a_folder_should_be_is_the_disks_fault(desk: Desk) -> None:
    desk.keep(MODEL, "flux.safetensors")
    refused = refusal(desk, OTHER, folder="flux.safetensors")
    assert (refused.code, "flux.safetensors cannot be written" in refused.message) == ("disk_failed", True)


def test_a_sweep_leaves_what_belongs_to_a_download(desk: Desk, tmp_path: Path) -> None:
    folder = desk.root / ".partial"
    (folder / "gone.unpacking").mkdir(parents=True)
    for name in ("kept.part", "kept.part.json", "gone.part", "gone.part.json", "keptnot.part"):
        (folder / name).touch()
    (tmp_path / "checkpoints/.partial").mkdir(parents=True)
    left_alone(folder, timedelta(hours=25))
    desk.shelf.sweep({"kept"})
    assert sorted(path.name for path in folder.iterdir()) == ["kept.part", "kept.part.json"]
    assert not (tmp_path / "checkpoints/.partial").exists()
    desk.shelf.sweep(set())
    assert not folder.exists()


def test_a_sweep_leaves_what_another_studio_may_be_at_work_on(desk: Desk) -> None:
    folder = desk.root / ".partial"
    (folder / "theirs.unpacking").mkdir(parents=True)
    (folder / "theirs.part").touch()
    left_alone(folder, timedelta(hours=23))
    desk.shelf.sweep({"ours"})
    assert sorted(path.name for path in folder.iterdir()) == ["theirs.part", "theirs.unpacking"]


def test_a_package_that_would_fill_the_disk_is_not_unpacked(desk: Desk) -> None:
    package = zipped([GOOD])
    desk.shelf = Shelf(root_of=lambda kind: desk.root.parent / kind, keep_free_bytes=lambda: 1 << 60)
    refused = refusal(desk, package, "models.zip")
    assert refused.code == "no_space"
    assert f"{len(GOOD[1]):,} bytes unpacked" in refused.message


def left_alone(folder: Path, how_long: timedelta) -> None:
    """As if nobody had touched what is in a folder for so long."""
    then = time.time() - how_long.total_seconds()
    for path in folder.iterdir():
        os.utime(path, (then, then))


def mark_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:4]


def sums_that_begin_alike(count: int) -> list[bytes]:
    """So many models; the sums of all but the first begin with the same four digits."""
    first = safetensors("first", 400)
    alike: dict[str, list[bytes]] = {}
    for number in range(100_000):
        content = safetensors("x", 320)[:-4] + number.to_bytes(4, "little")
        found = alike.setdefault(mark_of(content), [])
        found.append(content)
        if len(found) == count - 1:
            return [first, *found]
    raise AssertionError("no two sums begin alike")
