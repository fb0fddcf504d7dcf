"""The library against a real folder: scans, sums, pages; and what a broken header is."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database import Database
from app.library.hashes import SHA256_OF_NOTHING, autov3_of, plain
from app.library.listing import Wanted
from app.library.service import Library
from app.library.walking import walk
from app.model_files import BrokenHeader, ModelKind, read_header
from support.builders import safetensors
from support.clock import VirtualClock

LORAS = ModelKind.LORAS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "loras"
    folder.mkdir()
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    database.create_tables()
    yield Library(database=database, clock=VirtualClock(), roots_of=lambda kind: [tmp_path / kind])
    database.close()


def put(folder: Path, name: str, content: bytes | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors(name, 2000) if content is None else content)
    return path


def names(library: Library, *, search: str | None = None, sum_: str | None = None) -> list[str]:
    wanted = Wanted(search=search, sum_=sum_)
    return [model.file_name for model in library.page(LORAS, wanted, page_size=100).items]


def test_a_scan_counts_what_it_found_and_a_second_one_finds_nothing_new(library: Library, folder: Path) -> None:
    put(folder, "neon-city.safetensors")
    put(folder, "film/old-film.CKPT", b"weights")
    put(folder, "notes.txt", b"not a model")
    put(folder, "half.safetensors.0.part", b"nor is this")
    first, second = library.scan(LORAS), library.scan(LORAS)
    assert (first.found, first.added, first.gone, first.unreadable) == (2, 2, 0, [])
    assert (second.found, second.added, second.changed, second.gone) == (2, 0, 0, 0)
    found = library.page(LORAS, page=1, page_size=10).items
    assert [(model.folder, model.file_name, model.name) for model in found] == [
        ("", "neon-city.safetensors", "neon-city"),
        ("film", "old-film.CKPT", "old-film"),
    ]


def test_a_changed_file_is_hashed_again_and_keeps_its_identity(library: Library, folder: Path) -> None:
    path = put(folder, "a.ckpt", b"before")
    library.scan(LORAS)
    before = library.page(LORAS, page=1, page_size=1).items[0]
    path.write_bytes(b"after!")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns + 1))
    report = library.scan(LORAS)
    after = library.get(LORAS, before.id)
    assert (report.added, report.changed) == (0, 1)
    assert after.sha256 == hashlib.sha256(b"after!").hexdigest()


def test_a_file_of_the_same_size_and_time_is_not_read_again(library: Library, folder: Path) -> None:
    path = put(folder, "a.ckpt", b"before")
    library.scan(LORAS)
    before = library.page(LORAS, page=1, page_size=1).items[0]
    path.write_bytes(b"after!")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert library.scan(LORAS).changed == 0


def test_a_gone_file_leaves_and_a_broken_one_is_reported_and_not_listed(library: Library, folder: Path) -> None:
    gone, broken = put(folder, "gone.safetensors"), put(folder, "broken.safetensors")
    put(folder, "kept.safetensors")
    library.scan(LORAS)
    gone.unlink()
    broken.write_bytes(broken.read_bytes()[:-1])
    report = library.scan(LORAS)
    assert (report.found, report.added, report.gone) == (2, 0, 2)
    assert [(unreadable.file, "promises" in unreadable.why) for unreadable in report.unreadable] == [
        ("broken.safetensors", True)
    ]
    assert names(library) == ["kept.safetensors"]


def test_a_registered_file_is_known_to_the_next_scan(library: Library, folder: Path) -> None:
    path = put(folder, "neon-city.safetensors")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    first = library.register(path, LORAS, sha256.upper())
    again = library.register(path, LORAS, sha256)
    assert (first.id, first.sha256, first.autov2) == (again.id, sha256, sha256[:10])
    report = library.scan(LORAS)
    assert (report.found, report.added, report.changed) == (1, 0, 0)


def test_links_are_followed_once(folder: Path) -> None:
    put(folder, "a/a.ckpt")
    (folder / "a" / "again").symlink_to(folder, target_is_directory=True)
    (folder / "dangling.ckpt").symlink_to(folder / "nowhere")
    assert [(found.folder, found.name) for found in walk([str(folder)]).found] == [("a", "a.ckpt")]


def test_a_folder_that_is_not_there_holds_nothing(library: Library) -> None:
    assert library.scan(ModelKind.EMBEDDINGS).found == 0


def test_every_form_of_a_sum_finds_its_file_and_nothing_else_does(library: Library, folder: Path) -> None:
    put(folder, "neon-city.safetensors")
    put(folder, "old-film.safetensors")
    library.scan(LORAS)
    model = library.page(LORAS, page=1, page_size=1).items[0]
    assert model.autov3 is not None
    for sum_ in (model.sha256, model.autov2, model.autov3):
        for form in (sum_, sum_.upper(), f"0x{sum_}", f" {sum_} "):
            assert names(library, sum_=form) == ["neon-city.safetensors"]
    for stranger in ("", "0" * 10, model.sha256[:11], model.sha256[:-1], "%", "neon-city"):
        assert names(library, sum_=stranger) == []


def test_a_sum_of_two_contents_finds_nothing_and_of_two_copies_both(library: Library, folder: Path) -> None:
    sums = {"sshs_model_hash": "ab" * 32}
    put(folder, "one.safetensors", _with_metadata(sums, b"1"))
    put(folder, "two.safetensors", _with_metadata(sums, b"2"))
    put(folder, "copy/one.safetensors", _with_metadata(sums, b"1"))
    library.scan(LORAS)
    one = next(model for model in library.page(LORAS, page=1, page_size=9).items if model.name == "one")
    assert names(library, sum_="ab" * 6) == []
    assert names(library, sum_=one.sha256) == ["one.safetensors", "one.safetensors"]


def test_a_search_needs_every_word_and_reads_no_pattern(library: Library, folder: Path) -> None:
    for name in ("Neon City.ckpt", "neon_sign.ckpt", "Ölbild.ckpt", "100%.ckpt"):
        put(folder, name, name.encode())
    library.scan(LORAS)
    assert names(library, search="NEON") == ["Neon City.ckpt", "neon_sign.ckpt"]
    assert names(library, search="city neon") == ["Neon City.ckpt"]
    assert names(library, search="öLB") == ["Ölbild.ckpt"]
    assert names(library, search="%") == ["100%.ckpt"]
    assert names(library, search="_") == ["neon_sign.ckpt"]
    assert names(library, search=" ") == []


def test_pages_hold_every_model_once(library: Library, folder: Path) -> None:
    for number in range(5):
        put(folder, f"{number}.ckpt", bytes([number]))
    library.scan(LORAS)
    pages = [library.page(LORAS, page=page, page_size=2) for page in (1, 2, 3, 4)]
    assert [len(page.items) for page in pages] == [2, 2, 1, 0]
    assert {page.total for page in pages} == {5}
    assert [m.name for page in pages for m in page.items] == list("01234")


@pytest.mark.parametrize(
    ("metadata", "autov3"),
    [
        ({}, None),
        ({"sshs_model_hash": "AB" * 32}, "ab" * 6),
        ({"modelspec.hash_sha256": "0x" + "cd" * 32}, "cd" * 6),
        ({"sshs_model_hash": "ab" * 32, "modelspec.hash_sha256": "cd" * 32}, "ab" * 6),
        ({"sshs_model_hash": SHA256_OF_NOTHING, "modelspec.hash_sha256": "cd" * 32}, "cd" * 6),
        ({"sshs_model_hash": "none"}, None),
        ({"sshs_model_hash": "abc"}, None),
    ],
)
def test_autov3_is_what_the_header_says_and_means(metadata: dict[str, str], autov3: str | None) -> None:
    assert autov3_of(metadata) == autov3


@given(st.text())
def test_a_plain_sum_is_hexadecimal_and_plain_already(text: str) -> None:
    assert set(plain(text)) <= set("0123456789abcdef")


def test_a_whole_file_has_a_header(tmp_path: Path) -> None:
    assert "weight" in read_header(put(tmp_path, "a.safetensors"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        (1 << 40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{",
        (2).to_bytes(8, "little") + b"{}x",
        (2).to_bytes(8, "little") + b"[]",
        (4).to_bytes(8, "little") + b"\xff\xfe\xfd\xfc",
        (7).to_bytes(8, "little") + b'{"a":1}',
        (60_000).to_bytes(8, "little") + b"[" * 60_000,
        safetensors("a", 2000)[:-1],
        safetensors("a", 2000) + b"x",
    ],
    ids=lambda content: content[:20].hex(),
)
def test_a_header_that_is_cut_lies_or_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BrokenHeader, match=r"it has|header"):
        read_header(put(tmp_path, "a.safetensors", content))


def _with_metadata(metadata: dict[str, str], data: bytes) -> bytes:
    tensor = {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}
    header = json.dumps({"__metadata__": metadata, "weight": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + data
