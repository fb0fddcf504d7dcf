"""Previews: what may be one, how one is shown in whole and in part, and that a new one replaces all old ones."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.errors import InvalidInput, NotAllowed, NotFound, TooLarge
from app.library.previews import LARGEST_FILM_BYTES, LARGEST_PICTURE_BYTES, check, format_of
from app.library.previews_api import part_of
from support.builders import bomb
from tests.model_folder import LORAS, Caller, ModelFolder

NEON = "neon.safetensors"


def box(name: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + name + content


MP4 = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"moov", bytes(100)) + box(b"mdat", bytes(1000))
WEBM = bytes.fromhex("1a45dfa3 9f 4286810142f7810142f2810442f381084282 84") + b"webm" + bytes(1000)


def picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


GOOD = {kind: picture(kind) for kind in ("PNG", "JPEG", "WEBP", "AVIF", "GIF")} | {"MP4": MP4, "WebM": WEBM}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ModelFolder]:
    folder = ModelFolder(tmp_path)
    yield folder
    folder.close()


@pytest.fixture
def client(folder: ModelFolder) -> Iterator[Caller]:
    caller = Caller(folder)
    yield caller
    caller.close()


@pytest.fixture
def address(folder: ModelFolder) -> str:
    return f"/api/lm/loras/{folder.take_in(NEON).id}/preview"


@pytest.mark.parametrize("kind", GOOD)
def test_what_may_be_a_preview_is_known_by_its_bytes(kind: str) -> None:
    assert check(io.BytesIO(GOOD[kind])).name.upper() == kind.upper()


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"<!doctype html><title>Sign in</title>",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\x0a" + bytes(100),
            b"BM" + bytes(100),
        ),
        *(GOOD[kind][: len(GOOD[kind]) // 2] for kind in ("PNG", "JPEG", "WEBP", "AVIF", "MP4")),
        *(box(b"ftyp", b"heic\0\0\0\0mif1heic"), box(b"ftyp", b"isom\0\0\2\0isom"), MP4 + b"\0\0\0\1", MP4 + bytes(3)),
        WEBM.replace(b"webm", b"mkva"),
        b"RIFF\0\0\0\0WAVEfmt ",
    ],
    ids=range(16),
)
def test_what_is_no_preview_or_only_half_of_one_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="preview") as refused:
        check(io.BytesIO(content))
    assert refused.value.field == "preview"


def test_what_is_too_large_is_refused_before_it_is_decoded() -> None:
    for content in (bomb(), GOOD["PNG"] + bytes(LARGEST_PICTURE_BYTES)):
        with pytest.raises(TooLarge):
            check(io.BytesIO(content))


@given(st.binary(max_size=600) | st.binary(max_size=300).map(lambda more: b"\0\0\0\x18ftyp" + more))
def test_whatever_comes_is_a_format_or_none(head: bytes) -> None:
    format_of(head)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None), ("", None), ("bytes=0-", (0, 100)), ("bytes=0-0", (0, 1)), ("bytes=99-99", (99, 100)),
        ("bytes=10-1000", (10, 100)), ("bytes=-1", (99, 100)), ("bytes=-1000", (0, 100)), ("BYTES=5-6", (5, 7)),
        ("bytes= 5-6 ", (5, 7)), ("bytes=6-5", None), ("bytes=-", None), ("bytes=a-b", None), ("items=0-1", None),
        ("bytes=0-1,5-6", None), ("bytes=٣-٤", None), ("bytes=0-99999999999999999999", None), ("bytes 0-1", None),
    ],
)  # fmt: skip
def test_a_range_is_understood_as_it_is_written(header: str | None, part: tuple[int, int] | None) -> None:
    assert part_of(header, 100) == part


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0)]
)
def test_a_range_past_the_end_is_none(header: str, size: int) -> None:
    with pytest.raises(IndexError):
        part_of(header, size)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,3}-\d{0,3}", fullmatch=True), st.integers(0, 300))
def test_a_part_lies_within_the_file(header: str, size: int) -> None:
    try:
        part = part_of(header, size)
    except IndexError:
        return
    assert part is None or 0 <= part[0] < part[1] <= size


@pytest.mark.parametrize("kind", GOOD)
def test_a_preview_is_shown_as_it_lies_on_the_disk(
    folder: ModelFolder, client: Caller, address: str, kind: str
) -> None:
    item = client("PUT", address, content=GOOD[kind]).json()
    assert (folder.root / item["preview"]).read_bytes() == GOOD[kind]
    shown = client.get(item["preview_url"])
    assert (shown.status_code, shown.content) == (200, GOOD[kind])
    assert shown.headers["content-type"] == {"MP4": "video/mp4", "WebM": "video/webm"}.get(
        kind, f"image/{kind.lower()}"
    )
    assert shown.headers["x-content-type-options"] == "nosniff"
    head = client("HEAD", address)
    told = ("etag", "content-length", "content-type", "accept-ranges", "last-modified")
    assert (head.content, [head.headers[n] for n in told]) == (b"", [shown.headers[n] for n in told])


def test_a_part_is_shown_for_itself(client: Caller, address: str) -> None:
    client("PUT", address, content=MP4)
    part = client("GET", address, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, MP4[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(MP4)}"
    assert part.headers["content-length"] == "5"
    past = client("GET", address, headers={"Range": f"bytes={len(MP4)}-"})
    assert (past.status_code, past.json()["code"]) == (416, "range_past_the_end")
    assert past.headers["content-range"] == f"bytes */{len(MP4)}"
    several = client("GET", address, headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, MP4)
    assert client("HEAD", address, headers={"Range": "bytes=0-1"}).status_code == 200


def test_a_rest_is_given_of_the_same_file_alone(client: Caller, address: str) -> None:
    client("PUT", address, content=MP4)
    held = client.get(address).headers
    validators = {
        held["etag"]: 206, held["last-modified"]: 206, f"W/{held['etag']}": 200, '"another"': 200,
        formatdate(0, usegmt=True): 200,
    }  # fmt: skip
    for validator, status in validators.items():
        asked = {"Range": "bytes=100-", "If-Range": validator}
        assert client("GET", address, headers=asked).status_code == status, validator
    client("PUT", address, content=MP4[:-1] + b"!")
    changed = client("GET", address, headers={"Range": "bytes=100-", "If-Range": held["etag"]})
    assert (changed.status_code, changed.content[-1:]) == (200, b"!")


def test_what_is_held_already_is_not_sent_again(client: Caller, address: str) -> None:
    client("PUT", address, content=MP4)
    etag = client.get(address).headers["etag"]
    for held in (etag, f'"other", W/{etag}', "*"):
        again = client("GET", address, headers={"If-None-Match": held, "Range": "bytes=0-1"})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client("GET", address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_preview_that_bears_a_wrong_name_is_called_what_it_is(folder: ModelFolder, client: Caller) -> None:
    folder.put(NEON)
    (folder.root / "neon.png").write_bytes(GOOD["JPEG"])
    folder.put("old.safetensors")
    (folder.root / "old.jpg").write_bytes(b"<script>alert(1)</script>")
    folder.library.scan(LORAS)
    told = {name: client.get(f"/api/lm/loras/{folder.model(name).id}/preview") for name in folder.listed()}
    assert {name: one.headers["content-type"] for name, one in told.items()} == {
        NEON: "image/jpeg", "old.safetensors": "image/jpeg"
    }  # fmt: skip


def test_a_new_preview_is_the_only_one(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".metadata.json", ".jpg", ".preview.png", ".mp4")
    folder.put("neon-city.ckpt", ".png")
    after = folder.changes.previews.put(LORAS, model.id, io.BytesIO(GOOD["PNG"]))
    assert (after.preview, folder.model(NEON).preview) == ("neon.png", "neon.png")
    assert sorted(folder.files()) == ["neon-city.ckpt", "neon-city.png", "neon.metadata.json", "neon.png", NEON]
    assert folder.folders() == set()
    folder.library.scan(LORAS)
    folder.changes.previews.put(LORAS, model.id, io.BytesIO(GOOD["PNG"] + b"more"))
    assert folder.files()["neon.png"] == GOOD["PNG"] + b"more"
    assert folder.scan_finds_nothing_new()


def test_a_preview_that_was_taken_away_is_gone(folder: ModelFolder, client: Caller, address: str) -> None:
    assert client("DELETE", address).status_code == 404
    client("PUT", address, content=GOOD["GIF"])
    item = client("DELETE", address).json()
    assert (item["preview"], item["preview_url"], sorted(folder.files())) == (None, None, [NEON])
    assert client.get(address).json()["code"] == "no_preview"
    assert folder.scan_finds_nothing_new()


def test_what_is_refused_leaves_the_old_preview(folder: ModelFolder, client: Caller, address: str) -> None:
    client("PUT", address, content=GOOD["PNG"])
    files = folder.files()
    assert client("PUT", address, content=GOOD["PNG"][:50]).status_code == 422

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_FILM_BYTES // 2**20 + 1):
            yield bytes(2**20)

    assert client("PUT", address, content=blocks()).status_code == 413
    assert (folder.files(), folder.folders()) == (files, set())


def test_a_mature_preview_is_hidden_in_safe_mode_in_every_way(
    folder: ModelFolder, client: Caller, address: str
) -> None:
    client("PUT", address, content=GOOD["PNG"])
    etag = client.get(address).headers["etag"]
    folder.changes.edit(LORAS, folder.model(NEON).id, {"mature": True})
    assert client.get(address).status_code == 200
    folder.safe_mode = True
    asked: list[dict[str, str]] = [{}, {"Range": "bytes=0-9"}, {"If-None-Match": etag}, {"If-None-Match": "*"}]
    for headers in asked:
        hidden = client("GET", address, headers=headers)
        assert (hidden.status_code, hidden.json()["code"]) == (403, "hidden")
        assert client("HEAD", address, headers=headers).status_code == 403
    items = [client.get("/api/lm/loras").json()["items"][0], client.get(address.removesuffix("/preview")).json()]
    assert [(item["preview_url"], item["preview_hidden"]) for item in items] == [(None, True)] * 2


def test_a_link_that_leads_out_of_the_library_is_not_shown(folder: ModelFolder, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(GOOD["PNG"])
    folder.put(NEON)
    (folder.root / "neon.png").symlink_to(tmp_path / "secret.png")
    folder.library.scan(LORAS)
    with pytest.raises(InvalidInput, match="outside"):
        folder.changes.previews.open(LORAS, folder.model(NEON).id)


def test_a_model_that_nobody_knows_has_no_preview(folder: ModelFolder) -> None:
    with pytest.raises(NotFound):
        folder.changes.previews.open(LORAS, "0" * 32)


def test_an_excluded_models_preview_is_hidden_by_safe_mode_too(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".png")
    folder.changes.edit(LORAS, model.id, {"mature": True})
    folder.changes.set_excluded(LORAS, model.id, True)
    folder.safe_mode = True
    with pytest.raises(NotAllowed):
        folder.changes.previews.open(LORAS, model.id)


def test_a_long_film_is_shown_a_block_at_a_time(folder: ModelFolder, client: Caller) -> None:
    model = folder.take_in(NEON)
    length = 64 * 2**20
    with (folder.root / "neon.mp4").open("wb") as film:
        film.write(box(b"ftyp", b"isom\0\0\2\0isom"))
        film.truncate(length)
    folder.library.scan(LORAS)
    sent = 0

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))

    path = f"/api/lm/loras/{model.id}/preview"
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "http_version": "1.1"}
    tracemalloc.start()
    asyncio.run(client.app(scope, receive, send))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent == length
    assert peak < 8 * 2**20
