"""What is no honest archive of recipes is refused as a whole, before anything of it is kept."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidInput, TooLarge
from app.recipes.exchange_archive import opened
from tests.recipe_archives import Members, exported, packed, received
from tests.recipe_studio import RecipeStudio, picture, serving


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path / "first") as made:
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path / "second") as made:
        yield made


def refused(studio: RecipeStudio, archive: bytes) -> tuple[int, str]:
    answer = studio.client.post("/api/lm/recipes/import", files={"archive": ("recipes.zip", archive)})
    assert answer.status_code >= 400, answer.text
    assert answer.json().get("field", "archive") == "archive"
    assert studio.names() == []
    return answer.status_code, answer.json()["detail"]


MANIFEST = {"format": "proofsheet-recipes", "version": 1}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, "holds no manifest.json"),
        ({"recipes.json": b"[]"}, "holds no manifest.json"),
        ({"manifest.json": b"{"}, "not JSON"),
        ({"manifest.json": b"[]"}, "says otherwise"),
        ({"manifest.json": b'{"format": "photos", "version": 1}'}, "says otherwise"),
        ({"manifest.json": b'{"format": "proofsheet-recipes"}'}, "of no version"),
        ({"manifest.json": b'{"format": "proofsheet-recipes", "version": true}'}, "of no version"),
        ({"manifest.json": b'{"format": "proofsheet-recipes", "version": 0}'}, "of no version"),
        ({"manifest.json": b'{"format": "proofsheet-recipes", "version": 2}'}, "newer studio"),
    ],
)
def test_a_foreign_or_newer_archive_is_refused(studio: RecipeStudio, content: Members, why: str) -> None:
    status, told = refused(studio, packed(content))
    assert status == 422
    assert why in told


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "a/../../evil.png", "/etc/evil", "C:/evil", "c:evil", "a\\..\\evil", "\\\\server\\evil", ".."],
)
def test_a_name_that_leads_out_refuses_the_whole_archive(studio: RecipeStudio, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    status, told = refused(studio, packed({"manifest.json": json.dumps(MANIFEST).encode(), name: b"x"}))
    assert (status, "leads out" in told) == (422, True)
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_refuses_the_whole_archive(studio: RecipeStudio, kind: int) -> None:
    def change(member: zipfile.ZipInfo) -> None:
        if member.filename == "pictures/x":
            member.external_attr = (kind | 0o777) << 16

    content = {"manifest.json": json.dumps(MANIFEST).encode(), "pictures/x": b"/etc/passwd"}
    status, told = refused(studio, packed(content, change))
    assert (status, "a link or a device" in told) == (422, True)


def test_a_bomb_is_refused_before_it_is_unpacked(studio: RecipeStudio) -> None:
    bomb = packed({"manifest.json": json.dumps(MANIFEST).encode(), f"pictures/{'0' * 32}.png": bytes(50_000_000)})
    assert len(bomb) < 100_000
    status, told = refused(studio, bomb)
    assert (status, "200 times" in told) == (422, True)


def test_what_shrinks_as_text_does_is_no_bomb(studio: RecipeStudio, other: RecipeStudio) -> None:
    studio.save(picture(), metadata={"settings": {"prompt": "a lighthouse at night, " * 800}})
    assert received(other, exported(studio))["added"] == 1


def test_the_same_name_twice_refuses_the_whole_archive(studio: RecipeStudio) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("manifest.json", json.dumps(MANIFEST))
        archive.writestr("manifest.json", json.dumps(MANIFEST))
    assert "more than once" in refused(studio, file.getvalue())[1]


def test_members_that_overlap_refuse_the_whole_archive(studio: RecipeStudio) -> None:
    name = "a" * 20
    archive = packed(
        {"manifest.json": json.dumps(MANIFEST).encode(), name: b"x" * 10, "b" * 20: bytes(range(256)) * 40}
    )
    directory = archive.rindex(b"PK\x01\x02")
    # The directory says of the small member what is true of the large one.
    first = archive.index(b"PK\x01\x02")
    entries = [place for place in range(first, len(archive)) if archive[place : place + 4] == b"PK\x01\x02"]
    sizes = archive[directory + 16 : directory + 28]
    offset = archive[directory + 42 : directory + 46]
    small = entries[1]
    changed = bytearray(archive)
    changed[small + 16 : small + 28], changed[small + 42 : small + 46] = sizes, offset
    status, told = refused(studio, bytes(changed))
    assert (status, "overlap" in told) == (422, True)


def test_an_encrypted_or_strangely_packed_member_refuses_the_whole_archive(studio: RecipeStudio) -> None:
    def lzma(member: zipfile.ZipInfo) -> None:
        member.compress_type = zipfile.ZIP_LZMA

    content = {"manifest.json": json.dumps(MANIFEST).encode()}
    assert "packed in a way" in refused(studio, packed(content, lzma))[1]
    archive = bytearray(packed(content))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(mark) + place] |= 1
    assert "encrypted" in refused(studio, bytes(archive))[1]


@pytest.mark.parametrize("archive", [b"", b"PK", b"not a zip", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_zip_is_refused(studio: RecipeStudio, archive: bytes) -> None:
    status, told = refused(studio, archive)
    assert (status, "not a whole zip file" in told) == (422, True)


def test_an_archive_that_was_cut_off_is_refused(studio: RecipeStudio, other: RecipeStudio) -> None:
    studio.save(picture())
    assert refused(other, exported(studio)[:-30])[0] == 422


def listing(count: int, name_length: int = 1) -> io.BytesIO:
    """An archive that is nothing but its list of members."""
    names = (f"{number:0{name_length}}".encode() for number in range(count))
    entries = b"".join(b"PK\x01\x02" + bytes(24) + len(name).to_bytes(2, "little") + bytes(16) + name for name in names)
    # Source: the zip format's specification (APPNOTE 6.3), 4.3.12 and 4.3.14 to 4.3.16.
    number, size = count.to_bytes(8, "little"), len(entries).to_bytes(8, "little")
    big = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12) + number * 2 + size + bytes(8)
    where = b"PK\x06\x07" + bytes(4) + size + (1).to_bytes(4, "little")
    return io.BytesIO(entries + big + where + b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2))


def test_too_many_members_are_refused_before_all_are_read() -> None:
    with pytest.raises(InvalidInput, match=r"no manifest.json"), opened(listing(3)):
        pass
    with pytest.raises(TooLarge, match=r"holds 250,001 members"), opened(listing(250_001)):
        pass
    with pytest.raises(TooLarge, match=r"more than 250,000 members"), opened(listing(250_001, name_length=60)):
        pass


@pytest.mark.parametrize(
    "parts",
    [
        {"archive": (None, "text")}, {"file": ("a.zip", b"x")}, {"archive": ("a.zip", b"x"), "more": (None, "y")},
    ],
)  # fmt: skip
def test_one_file_called_archive_is_asked_for(studio: RecipeStudio, parts: Any) -> None:
    assert studio.refused("POST", "/recipes/import", files=parts) == (422, "invalid_input", "archive")


def test_an_archive_may_be_larger_than_a_picture(studio: RecipeStudio) -> None:
    large = packed({"manifest.json": json.dumps(MANIFEST).encode()}) + b""
    padded = io.BytesIO(large)
    with zipfile.ZipFile(padded, "a") as archive:
        archive.writestr("padding.bin", bytes(number % 251 for number in range(2**20)) * 20, zipfile.ZIP_STORED)
    assert len(padded.getvalue()) > 15 * 1024 * 1024
    told = received(studio, padded.getvalue())
    assert [failed["name"] for failed in told["failed"]] == ["padding.bin"]


def test_an_archive_that_cannot_be_sought_out_of_is_closed_again(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(packed({}))
    with file.open("rb") as stream, pytest.raises(InvalidInput), opened(stream):
        pass
