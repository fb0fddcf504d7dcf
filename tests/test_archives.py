"""Packages of models: unpacked flat, or refused whole at the first sign of a trap."""

from __future__ import annotations

import io
import stat
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.downloads.archives import MAX_ENTRIES, is_archive, unpack
from app.downloads.budget import Budgeted, OverBudget
from app.downloads.faults import TransferFailed
from app.downloads.names import safe_file_name
from app.model_files import is_model_file
from tests import packages
from tests.packages import GOOD, MODEL, OTHER, Members, gzipped, tarred, zipped

PACKERS: dict[str, Callable[[Members], bytes]] = {
    "package.zip": zipped,
    "package.tar": tarred,
    "package.tar.gz": gzipped,
}


def plenty(size_bytes: int) -> None:
    """A disk with room for everything."""


def models_in(data: bytes, name: str, folder: Path) -> dict[str, bytes]:
    """The models that are unpacked, by name."""
    package = folder / "package.part"
    package.write_bytes(data)
    target = folder / "unpacked"
    target.mkdir()
    found = unpack(package, name, target, make_room=plenty)
    assert sorted(target.iterdir()) == sorted(model.path for model in found)
    return {model.name: model.path.read_bytes() for model in found}


@pytest.mark.parametrize("name", PACKERS)
def test_models_are_unpacked_flat_and_nothing_else_is(tmp_path: Path, name: str) -> None:
    members = [
        ("readme.txt", b"hello"),
        ("flux/", b""),
        ("flux/deep/neon-city.safetensors", MODEL),
        ("old-film.PT", OTHER),
        ("__MACOSX/flux/deep/._neon-city.safetensors", b"marks"),
        ("setup.exe", b"MZ"),
        ("inner.zip", zipped([GOOD])),
    ]
    if name != "package.zip":
        members = [member for member in members if not member[0].endswith("/")]
    found = models_in(PACKERS[name](members), name, tmp_path)
    assert found == {"neon-city.safetensors": MODEL, "old-film.PT": OTHER}


def test_a_zip_that_is_not_packed_at_all_is_read(tmp_path: Path) -> None:
    assert models_in(zipped([GOOD], zipfile.ZIP_STORED), "a.zip", tmp_path) == {GOOD[0]: MODEL}


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_may_ask_for_any_memory_refuses_the_package(tmp_path: Path, compression: int) -> None:
    refused = refusal(zipped([GOOD], compression), "a.zip", tmp_path)
    assert (refused.code, "in another way than deflate" in refused.message) == ("unsafe_archive", True)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.zip", True),
        ("A.ZIP", True),
        ("a.tar", True),
        ("a.tar.gz", True),
        ("a.tgz", True),
        ("a.gz", False),
        ("a.safetensors", False),
        ("a.pt", False),
        ("zip", False),
    ],
)
def test_what_is_unpacked_is_told_by_its_name(name: str, is_one: bool) -> None:
    assert is_archive(name) is is_one


PATHS = [
    ("../evil.safetensors", "leads out of its folder"),
    ("a/../../evil.safetensors", "leads out of its folder"),
    ("..\\evil.safetensors", "leads out of its folder"),
    ("a\\..\\evil.safetensors", "leads out of its folder"),
    ("/etc/evil.safetensors", "has an absolute path"),
    ("\\\\server\\evil.safetensors", "has an absolute path"),
    ("C:\\evil.safetensors", "has an absolute path"),
    ("c:evil.safetensors", "has an absolute path"),
    ("../readme.txt", "leads out of its folder"),
]


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize(("path", "why"), PATHS)
def test_a_path_that_leads_elsewhere_refuses_the_package(tmp_path: Path, name: str, path: str, why: str) -> None:
    refused = refusal(PACKERS[name]([GOOD, (path, OTHER)]), name, tmp_path)
    assert refused.code == "unsafe_archive"
    assert why in refused.message


SPECIAL = [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]


@pytest.mark.parametrize("form", SPECIAL)
@pytest.mark.parametrize("path", ["evil.safetensors", "readme.txt"])
def test_a_link_or_device_in_a_zip_refuses_it(tmp_path: Path, form: int, path: str) -> None:
    refused = refusal(packages.zip_with_mode(path, form | 0o777), "a.zip", tmp_path)
    assert (refused.code, "is a link or a device" in refused.message) == ("unsafe_archive", True)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("path", ["evil.safetensors", "readme.txt"])
def test_a_link_or_device_in_a_tar_refuses_it(tmp_path: Path, kind: bytes, path: str) -> None:
    refused = refusal(packages.tar_with(kind, path), "a.tar", tmp_path)
    assert (refused.code, "is a link or a device" in refused.message) == ("unsafe_archive", True)


HOSTILE = {
    "encrypted": (packages.zip_encrypted(), "a.zip", "unsafe_archive", "is encrypted"),
    "NUL": (packages.zip_with_nul(), "a.zip", "unsafe_archive", "holds NUL"),
    "zeros": (zipped([GOOD, ("z.pt", bytes(20_000_000))]), "a.zip", "unsafe_archive", "grow beyond"),
    "zeros skipped": (zipped([GOOD, ("z.txt", bytes(20_000_000))]), "a.zip", "unsafe_archive", "grow beyond"),
    "packed zeros": (gzipped([GOOD, ("z.pt", bytes(20_000_000))]), "a.tgz", "unsafe_archive", "grow beyond"),
    "packed zeros skipped": (gzipped([GOOD, ("z", bytes(20_000_000))]), "a.tgz", "unsafe_archive", "grow beyond"),
    "announced": (packages.zip_that_lies(2_000_000_000), "a.zip", "unsafe_archive", "grow beyond"),
    "longer": (packages.zip_that_lies(100), "a.zip", "broken_file", "cannot be unpacked"),
    "shorter": (packages.zip_that_lies(5_000), "a.zip", "broken_file", "cannot be unpacked"),
    "list": (packages.zip_with_long_list(), "a.zip", "unsafe_archive", "description takes more"),
    "header": (packages.tar_with_endless_header(), "a.tgz", "unsafe_archive", "description takes more"),
    "negative": (packages.tar_with_negative_size(), "a.tar", "unsafe_archive", "has holes"),
    "many": (
        zipped([(f"{n}.txt", b"") for n in range(MAX_ENTRIES)] + [GOOD]),
        "a.zip",
        "unsafe_archive",
        "more than 1,000 entries",
    ),
    "many in a tar": (
        gzipped([GOOD] + [(f"{n}.txt", b"") for n in range(MAX_ENTRIES)]),
        "a.tgz",
        "unsafe_archive",
        "more than 1,000 entries",
    ),
    "twins": (zipped([GOOD, ("a/neon-city.safetensors", OTHER)]), "a.zip", "unsafe_archive", "would be called"),
    "twins of case": (tarred([GOOD, ("NEON-City.safetensors", OTHER)]), "a.tar", "unsafe_archive", "would be called"),
    "twins made safe": (zipped([("a?.pt", MODEL), ("a*.pt", OTHER)]), "a.zip", "unsafe_archive", "would be called"),
    "no model": (zipped([("readme.txt", b"hello")]), "a.zip", "not_a_model", "holds no model"),
    "nothing": (zipped([]), "a.zip", "not_a_model", "holds no model"),
    "nested": (zipped([("inner.zip", zipped([GOOD]))]), "a.zip", "not_a_model", "holds no model"),
    "not a zip": (MODEL, "a.zip", "broken_file", "cannot be unpacked"),
    "not a tar": (MODEL, "a.tar", "broken_file", "cannot be unpacked"),
    "not packed": (tarred([GOOD]), "a.tar.gz", "broken_file", "cannot be unpacked"),
    "cut": (zipped([GOOD])[:-30], "a.zip", "broken_file", "cannot be unpacked"),
    "cut tar": (tarred([GOOD])[:1500], "a.tar", "broken_file", "cannot be unpacked"),
    "cut stream": (gzipped([GOOD])[:-500], "a.tgz", "broken_file", "cannot be unpacked"),
    "damaged entry": (packages.tar_with_damaged_entry(), "a.tar", "broken_file", "an entry is damaged"),
    "no end": (tarred([GOOD])[:2560], "a.tar", "broken_file", "or the end is missing"),
    "damaged stream": (packages.gzip_with_wrong_sum(), "a.tgz", "broken_file", "cannot be unpacked"),
    "endless end": (packages.gzip_without_end(), "a.tgz", "unsafe_archive", "follow its end"),
    "damaged": (zipped([GOOD], 0).replace(MODEL[-20:], bytes(20)), "a.zip", "broken_file", "cannot be unpacked"),
}


@pytest.mark.parametrize("trap", HOSTILE)
def test_a_trap_refuses_the_package_in_words(tmp_path: Path, trap: str) -> None:
    data, name, code, why = HOSTILE[trap]
    refused = refusal(data, name, tmp_path)
    assert refused.code == code
    assert why in refused.message
    assert name in refused.message


def test_a_small_package_may_hold_zeros(tmp_path: Path) -> None:
    assert models_in(zipped([("z.pt", bytes(1_000_000))]), "a.zip", tmp_path) == {"z.pt": bytes(1_000_000)}


@pytest.mark.parametrize("name", PACKERS)
def test_memory_stays_flat_whatever_the_size(tmp_path: Path, name: str) -> None:
    size = 24_000_000
    content = bytes(range(256)) * (size // 256)
    data = zipped([("a.pt", content)], 0) if name.endswith("zip") else PACKERS[name]([("a.pt", content)])
    package = tmp_path / "package.part"
    package.write_bytes(data)
    folder = tmp_path / "unpacked"
    folder.mkdir()
    tracemalloc.start()
    try:
        if name.endswith("gz"):
            with pytest.raises(TransferFailed, match="grow beyond"):
                unpack(package, name, folder, make_room=plenty)
        else:
            assert unpack(package, name, folder, make_room=plenty)[0].path.stat().st_size == len(content)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


PART = st.sampled_from(["..", ".", "", "a", "b.pt", "c.safetensors", "con", "C:", "x y", "\\", "~", ".hidden.pt"])
PATH = st.lists(PART, min_size=1, max_size=4).map("/".join).filter(lambda path: path.strip("/"))
CONTENT = st.sampled_from([b"", b"x", MODEL, OTHER])


@given(st.lists(st.tuples(PATH, CONTENT), max_size=5), st.sampled_from(sorted(PACKERS)))
def test_whatever_a_package_holds_models_come_out_safe_or_nothing_does(members: Members, name: str) -> None:
    plain = [(path.rstrip("/"), content) for path, content in members]
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = models_in(PACKERS[name](plain), name, Path(folder))
        except TransferFailed as refused:
            assert refused.code in ("unsafe_archive", "not_a_model", "broken_file")
            return
        assert found
        assert all(safe_file_name(each) == each and is_model_file(each) for each in found)
        assert set(found.values()) <= {content for _, content in plain}
        assert not any(".." in path.replace("\\", "/").split("/") for path, _ in plain)


@given(st.data(), st.sampled_from(sorted(PACKERS)))
def test_whatever_is_damaged_the_refusal_is_one_in_words(data: st.DataObject, name: str) -> None:
    whole = bytearray(PACKERS[name]([GOOD, ("readme.txt", b"hello" * 50)]))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = models_in(bytes(whole[:cut] if data.draw(st.booleans()) else whole), name, Path(folder))
        except TransferFailed as refused:
            assert refused.code in ("unsafe_archive", "not_a_model", "broken_file")
        else:
            assert all(safe_file_name(each) == each for each in found)


def refusal(data: bytes, name: str, folder: Path) -> TransferFailed:
    with pytest.raises(TransferFailed) as refused:
        models_in(data, name, folder)
    return refused.value


def test_nothing_is_written_before_a_zip_is_wholly_looked_at(tmp_path: Path) -> None:
    refusal(zipped([GOOD, ("../x.pt", OTHER)]), "a.zip", tmp_path)
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_a_tar_in_the_form_of_pax_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as package:
        packages.add(package, "ü" * 150 + ".safetensors", MODEL)
    assert list(models_in(buffer.getvalue(), "a.tar", tmp_path).values()) == [MODEL]


def test_what_is_read_in_small_pieces_is_counted_together() -> None:
    budgeted = Budgeted(io.BytesIO(bytes(100)), budget_bytes=10)
    assert [len(budgeted.read(4)) for _ in range(2)] == [4, 4]
    with pytest.raises(OverBudget):
        budgeted.read(4)
    budgeted.renew()
    with pytest.raises(OverBudget):
        budgeted.read()
    budgeted.renew()
    assert len(budgeted.read(10)) == 10
