"""Pictures that are taken in: byte for byte, limits exact; what is none is refused and leaves nothing."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.bodies import LARGEST_BODY_BYTES
from app.characters.names import harmless
from app.characters.port import LARGEST_BYTES
from app.recipes import pictures
from tests.character_desk import picture
from tests.character_studio import GET, LIST, UPLOAD, CharacterStudio

GPS = {1: "N", 2: (52.0, 30.0, 58.7), 3: "E", 4: (13.0, 22.0, 39.7)}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[CharacterStudio]:
    studio = CharacterStudio(tmp_path / "home")
    yield studio
    studio.close()


def filled(size_bytes: int) -> bytes:
    """A PNG of exactly so many bytes, all of them pixels."""
    small = picture()
    # An empty IDAT chunk of stored zeros would end the pixels: the profile takes what is missing, and is kept.
    missing = size_bytes - len(small) - 12
    body = b"P" + bytes(2) + bytes(missing - 3)
    chunk = missing.to_bytes(4, "big") + b"sPLT" + body + zlib.crc32(b"sPLT" + body).to_bytes(4, "big")
    return small[:33] + chunk + small[33:]


@pytest.mark.parametrize(
    ("kind", "extension", "content_type"),
    [("PNG", "png", "image/png"), ("JPEG", "jpg", "image/jpeg"), ("WEBP", "webp", "image/webp")],
)
@pytest.mark.parametrize("filename", ["ada.png", "ada.html", "ada"])
def test_a_picture_is_taken_as_what_it_is_whatever_its_name_says(
    studio: CharacterStudio, kind: str, extension: str, content_type: str, filename: str
) -> None:
    data = picture(kind=kind)
    told = studio.upload(data, filename).json()
    assert told == {
        "image_id": told["image_id"],
        "image_url": f"{GET}/{told['image_id']}",
        "filename": filename,
        "content_type": content_type,
        "file_size": len(data),
    }
    fetched = studio.get(told["image_id"])
    assert (fetched.content, fetched.headers["content-type"]) == (data, content_type)
    assert [path.name for path in studio.files] == [f"{told['image_id']}.{extension}"]
    [item] = studio.client.get(LIST).json()["items"]
    assert (item["origin"], item["filename"], item["character_description"]) == ("uploaded", filename, None)


def test_the_same_picture_twice_is_two_references(studio: CharacterStudio) -> None:
    ids = {studio.upload(picture()).json()["image_id"] for _ in range(2)}
    assert len(ids) == len(studio.files) == 2


def test_the_place_where_it_was_taken_is_not_kept(studio: CharacterStudio) -> None:
    fields = Image.Exif()
    fields[0x010F] = "Camera Maker"
    fields.get_ifd(0x8825).update(GPS)
    data = picture(kind="JPEG", exif=fields)
    told = studio.upload(data).json()
    kept = studio.get(told["image_id"]).content
    assert (kept, told["file_size"]) == (picture(kind="JPEG"), len(picture(kind="JPEG")))
    assert b"Camera" in data
    assert studio.files[0].read_bytes() == kept


def test_ten_mebibytes_pass_and_one_byte_more_does_not(studio: CharacterStudio) -> None:
    told = studio.upload(filled(LARGEST_BYTES))
    assert (told.status_code, told.json()["file_size"]) == (200, 10 * 1024 * 1024)
    answer = studio.upload(filled(LARGEST_BYTES + 1))
    assert studio.refused(answer) == (413, "ValidationError", "too_large")
    assert "10 MiB" in answer.json()["detail"]["message"]
    assert len(studio.files) == 1


def test_what_may_be_uploaded_is_what_a_picture_may_have() -> None:
    assert LARGEST_BYTES == pictures.LARGEST_BYTES


def test_a_body_without_end_is_refused_while_it_comes(studio: CharacterStudio) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        while sent < 10 * LARGEST_BODY_BYTES:
            sent += 65_536
            yield bytes(65_536)

    answer = studio.client.post(UPLOAD, content=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert studio.refused(answer) == (413, "ValidationError", "too_large")
    assert studio.files == []


def bomb() -> bytes:
    """A small file of 36,001,000 pixels."""
    buffer = io.BytesIO()
    Image.new("1", (6001, 6000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"<!doctype html><script>alert(1)</script>", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422),
        (picture(kind="GIF"), 422),
        (picture(kind="BMP"), 422),
        (picture(kind="TIFF"), 422),
        (picture(kind="AVIF"), 422),
        (picture()[:-1], 422),
        (picture()[:60], 422),
        (picture(kind="JPEG")[:-2], 422),
        (picture(kind="WEBP")[:-1], 422),
        (picture() + b"<html><script>alert(1)</script>", 422),
        (picture(kind="JPEG") + b"PK\x05\x06" + bytes(18), 422),
        (picture(kind="WEBP") + b"%PDF-1.7", 422),
        (b"GIF89a" + picture(), 422),
        (b" " + picture(), 422),
        (bomb(), 413),
    ],
    ids=["nothing", "a page", "SVG", "GIF", "BMP", "TIFF", "AVIF", "a byte less", "half", "JPEG without end",
         "WebP without end", "a page behind", "an archive behind", "a document behind", "a GIF before",
         "a space before", "a bomb"],
)  # fmt: skip
def test_what_is_no_picture_alone_is_refused_and_nothing_is_left(
    studio: CharacterStudio, data: bytes, status: int
) -> None:
    answer = studio.upload(data, "ada.png")
    assert studio.refused(answer)[:2] == (status, "ValidationError")
    assert answer.json()["detail"]["details"]["field"] == "file"
    assert (studio.files, studio.client.get(LIST).json()["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("ada.png", "ada.png"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/cron.d/job", "job"),
        ("C:\\fakepath\\Ada Ä.jpg", "Ada Ä.jpg"),
        (".htaccess", "htaccess"),
        ("...", ""),
        ("a\0b\r\nSet-Cookie: x=1.png", "abSet-Cookie: x=1.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u2028b\u200b.png", "ab.png"),
        ("  a   b .png ", "a b .png"),
        ("<script>alert(1)</script>.png", "script>.png"),
        ("x" * 300 + ".png", "x" * 251 + ".png"),
        ("x" * 300, "x" * 255),
        ("a." + "x" * 300, "a." + "x" * 253),
        ("\ud800.png", ".png".lstrip(".")),
        ("", ""),
    ],
)
def test_a_name_is_told_without_what_could_do_harm(sent: str, told: str) -> None:
    assert harmless(sent) == told


@pytest.mark.parametrize(
    "name", ["../../../../tmp/evil.png", "..%2f..%2fevil.png", ".png", "con.png", "a;b|c.png", "$(id).png"]
)
def test_a_name_never_becomes_a_path(studio: CharacterStudio, name: str) -> None:
    before = {path for path in studio.home.parent.rglob("*") if "character" not in path.as_posix().partition("home")[2]}
    told = studio.upload(picture(), name).json()
    assert "/" not in told["filename"]
    assert [path.name for path in studio.files] == [f"{told['image_id']}.png"]
    after = {path for path in studio.home.parent.rglob("*") if "character" not in path.as_posix().partition("home")[2]}
    assert {path.name for path in after - before} <= {"store"}


def test_a_name_that_leaves_nothing_is_told_as_the_pictures_own(studio: CharacterStudio) -> None:
    told = studio.client.post(
        UPLOAD,
        content=b'--b\r\nContent-Disposition: form-data; name="file"; filename="..."\r\n\r\n'
        + picture()
        + b"\r\n--b--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    ).json()
    assert told["filename"] == f"{told['image_id']}.png"


FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


@pytest.mark.parametrize(
    ("content", "content_type", "field"),
    [
        (b"{}", "application/json", "Content-Type"),
        (b"", "", "Content-Type"),
        (b"x", "multipart/form-data", "Content-Type"),
        (b"x", "multipart/mixed; boundary=b", "Content-Type"),
        (b"x", "multipart/form-data; boundary=b", "body"),
        (b"", "multipart/form-data; boundary=b", "body"),
        (b"--b--\r\n", "multipart/form-data; boundary=b", "file"),
        (FORM + picture(), "multipart/form-data; boundary=b", "body"),
        (
            FORM.replace(b"file;", b"files;").replace(b'"file"', b'"image"') + b"x\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
            "image",
        ),
        (FORM.replace(b'; filename="a.png"', b"") + b"x\r\n--b--\r\n", "multipart/form-data; boundary=b", "file"),
        (FORM + b"x\r\n" + FORM + b"x\r\n--b--\r\n", "multipart/form-data; boundary=b", "file"),
        (b"--b\r\nX: " + b"y" * 20_000, "multipart/form-data; boundary=b", "body"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", ""),
    ],
)
def test_a_form_that_cannot_be_read_is_told_by_what_is_wrong(
    studio: CharacterStudio, content: bytes, content_type: str, field: str
) -> None:
    answer = studio.client.post(UPLOAD, content=content, headers={"Content-Type": content_type})
    assert studio.refused(answer)[:2] == (422, "ValidationError")
    assert answer.json()["detail"]["details"]["field"] == field
    assert studio.files == []
