"""The note beside a partial file: read as it was written, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.downloads.engine import sidecar
from app.downloads.engine.marks import Mark
from app.downloads.engine.sidecar import Note

NOTE = Note(
    address="https://hub.example/a.safetensors",
    name="a.safetensors",
    mark=Mark('"one"', None),
    total=100,
    written=((0, 40), (50, 60)),
    flushed=((0, 40),),
    furthest=50,
    boot=sidecar.this_boot(),
)

RANGES = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), max_size=5).map(tuple)
NOTES = st.builds(
    Note,
    address=st.text(max_size=20),
    name=st.text(max_size=20),
    mark=st.builds(Mark, st.none() | st.text(max_size=5), st.none() | st.text(max_size=5)),
    total=st.none() | st.integers(0, 10**12),
    written=RANGES,
    flushed=RANGES,
    furthest=st.integers(0, 10**12),
    boot=st.text(max_size=5),
    mixed=st.booleans(),
)
ON_ONE_DISK = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@ON_ONE_DISK
@given(note=NOTES)
def test_a_note_is_read_as_it_was_written(tmp_path: Path, note: Note) -> None:
    path = tmp_path / "note.json"
    sidecar.write(path, note)
    assert sidecar.read(path) == note
    assert [found.name for found in tmp_path.iterdir()] == ["note.json"]


@ON_ONE_DISK
@given(length=st.integers(0, 10_000))
def test_half_a_note_is_none(tmp_path: Path, length: int) -> None:
    path = tmp_path / "note.json"
    sidecar.write(path, NOTE)
    text = path.read_bytes()
    path.write_bytes(text[: min(length, len(text) - 1)])
    assert sidecar.read(path) is None


@ON_ONE_DISK
@given(data=st.data())
def test_a_note_in_which_anything_has_changed_is_none(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "note.json"
    sidecar.write(path, NOTE)
    text = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 255))
    path.write_bytes(text)
    assert sidecar.read(path) in (None, NOTE)


@ON_ONE_DISK
@given(text=st.binary(max_size=200) | st.sampled_from([b"[]", b"{}", b'{"note": 1, "crc32": 1}', b"[" * 100_000]))
def test_what_is_no_note_is_none(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "note.json"
    path.write_bytes(text)
    assert sidecar.read(path) is None


def test_no_note_is_none(tmp_path: Path) -> None:
    assert sidecar.read(tmp_path / "note.json") is None


@pytest.mark.parametrize("boot", ["another", ""])
def test_after_a_power_cut_only_what_was_flushed_is_trusted(boot: str) -> None:
    assert Note(**{**NOTE.__dict__, "boot": boot}).trusted == ((0, 40),)


@pytest.mark.skipif(not sidecar.this_boot(), reason="this system does not tell its runs apart")
def test_after_a_kill_everything_that_was_written_is_trusted() -> None:
    assert NOTE.trusted == NOTE.written


def test_a_note_that_cannot_be_written_leaves_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    sidecar.write(path, NOTE)
    (tmp_path / "note.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        sidecar.write(path, Note(**{**NOTE.__dict__, "total": 7}))
    assert sidecar.read(path) == NOTE


def test_removing_takes_the_half_written_one_too(tmp_path: Path) -> None:
    for name in ("note.json", "note.json.new"):
        (tmp_path / name).write_bytes(b"x")
    sidecar.remove(tmp_path / "note.json")
    assert not list(tmp_path.iterdir())
