"""Reference images: found wherever the caller says that they are, and nothing is looked up that must not be."""

from __future__ import annotations

import base64
import gzip
import io
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from app.clock import SystemClock
from app.downloads.pictures import LARGEST_BYTES, PictureFetcher
from app.downloads.web import Web
from app.errors import InvalidInput, NotFound, StudioError, TooLarge, Unavailable
from app.generation.inputs import InferenceRequest
from app.generation.references import References
from app.recipes import pictures as recipe_pictures
from support import pictures
from support.servers.serving import Exchange, Server

UUID = "0d9f2c1e-6a55-4f0e-9d0c-3f7f4b6f8a10"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PICTURE = pictures.drawn("red", "circle")
OTHER = pictures.drawn("blue", "square")


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 60,000 by 60,000 pixels."""
    head = b"IHDR" + (60_000).to_bytes(4) + (60_000).to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + head + zlib.crc32(head).to_bytes(4) + PICTURE[33:]


def gif() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "GIF")
    return buffer.getvalue()


NO_PICTURES = [
    (b"", InvalidInput, "is empty"),
    (b"<!DOCTYPE html><p>Sign in", InvalidInput, "is not a PNG, JPEG or WebP picture"),
    (gif(), InvalidInput, "is not a PNG, JPEG or WebP picture"),
    (PICTURE[: len(PICTURE) // 2], InvalidInput, "damaged"),
    (bomb(), TooLarge, "too many pixels"),
]


class Host:
    """A small web server. pages: what it answers at each path; asked: the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pages: dict[str, Callable[[Exchange], None]] = {}
        self.leaving = threading.Event()
        self._server = Server(self._serve)
        self.url = self._server.url

    def shows(self, path: str, body: bytes, **headers: str) -> str:
        """Its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = lambda exchange: exchange.answer(200, named, body)
        return self.url + path

    def redirects(self, path: str, to: str) -> str:
        self.pages[path] = lambda exchange: exchange.answer(302, {"Location": to})
        return self.url + path

    def answers(self, path: str, status: int) -> str:
        self.pages[path] = lambda exchange: exchange.answer(status)
        return self.url + path

    def trickles(self, path: str) -> str:
        """400 bytes, one now and then."""

        def trickle(exchange: Exchange) -> None:
            exchange.begin(200, {"Content-Length": "400"})
            while not self.leaving.wait(0.01):
                exchange.send(b"x")

        self.pages[path] = trickle
        return self.url + path

    def never_ends(self, path: str) -> str:
        """Without a length, as fast as it is read."""

        def pour(exchange: Exchange) -> None:
            exchange.begin(200, {"Connection": "close"})
            while not self.leaving.is_set():
                exchange.send(b"x" * 100_000)
                self.poured += 100_000

        self.poured = 0
        self.pages[path] = pour
        return self.url + path

    def close(self) -> None:
        self.leaving.set()
        self._server.close()

    def _serve(self, exchange: Exchange) -> None:
        self.asked.append(exchange.path)
        self.pages[exchange.path](exchange)


class Desk:
    """References with everything around them. characters: those that are stored."""

    def __init__(self, *, allow_private: bool = True, within_seconds: float = 5) -> None:
        self.web = Web(clock=SystemClock(), allow_private=allow_private, stall_seconds=5)
        self.characters = {UUID: PICTURE}
        fetcher = PictureFetcher(self.web, within_seconds=within_seconds)
        self.references = References(fetch=fetcher.fetch, character=self._character)

    def of(self, uploaded: bytes | None = None, **asked: str | None) -> tuple[bytes, ...]:
        return self.references.of(InferenceRequest.model_validate({"prompt": "x"} | asked), uploaded)

    def refused(self, kind: type[StudioError], uploaded: bytes | None = None, **asked: str | None) -> StudioError:
        with pytest.raises(kind) as refused:
            self.of(uploaded, **asked)
        assert type(refused.value) is kind
        return refused.value

    def _character(self, image_id: str) -> bytes:
        if image_id not in self.characters:
            raise NotFound(f"there is no {image_id}", field="image_id")
        return self.characters[image_id]


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.web.close()


def data_url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def test_a_request_without_a_reference_has_none(desk: Desk) -> None:
    assert desk.of() == ()


def test_a_reference_is_the_same_however_it_comes(desk: Desk, host: Host) -> None:
    ways = [
        desk.of(PICTURE),
        desk.of(image=data_url(PICTURE)),
        desk.of(image=UUID),
        desk.of(image=UUID.upper()),
        desk.of(image_url=host.shows("/a.png", PICTURE)),
    ]
    assert ways == [(PICTURE,)] * 5


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_kind_of_picture_is_taken_byte_for_byte(desk: Desk, kind: str) -> None:
    with Image.open(io.BytesIO(PICTURE)) as image:
        data = pictures.as_file(image, kind)
    assert desk.of(image=data_url(data, kind.lower())) == (data,)


def test_a_picture_is_known_by_its_bytes_whatever_is_said_of_it(desk: Desk, host: Host) -> None:
    assert desk.of(image=data_url(PICTURE, "webp")) == (PICTURE,)
    assert desk.of(image_url=host.shows("/a.html", PICTURE, Content_Type="text/html")) == (PICTURE,)


@pytest.mark.parametrize(
    ("uploaded", "asked", "field"),
    [
        (PICTURE, {"image": UUID}, "image"),
        (PICTURE, {"image_url": "http://hub.example/a.png"}, "image_url"),
        (None, {"image": UUID, "image_url": "http://hub.example/a.png"}, "image_url"),
        (b"", {"image": UUID}, "image"),
        (PICTURE, {"image": UUID, "image_url": "http://hub.example/a.png"}, "image_url"),
    ],
)
def test_more_than_one_reference_is_refused(
    desk: Desk, uploaded: bytes | None, asked: dict[str, str], field: str
) -> None:
    fault = desk.refused(InvalidInput, uploaded, **asked)
    assert (fault.field, "more than one" in fault.message) == (field, True)


@pytest.mark.parametrize("case", NO_PICTURES, ids=["nothing", "a page", "a GIF", "half a picture", "a bomb"])
@pytest.mark.parametrize("way", ["upload", "data URL", "character", "address"])
def test_what_is_no_picture_is_refused_however_it_comes(
    desk: Desk, host: Host, way: str, case: tuple[bytes, type[StudioError], str]
) -> None:
    data, kind, why = case
    desk.characters[UNKNOWN] = data
    if way == "upload":
        fault = desk.refused(kind, data)
    elif way == "address":
        fault = desk.refused(kind, image_url=host.shows("/a.png", data))
    else:
        fault = desk.refused(kind, image=data_url(data) if way == "data URL" else UNKNOWN)
    assert (fault.field, why in fault.message) == ("image_url" if way == "address" else "image", True)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("", "must be a data URL"),
        ("nonsense", "must be a data URL"),
        ("file:///etc/passwd", "must be a data URL"),
        ("/etc/passwd", "must be a data URL"),
        ("http://hub.example/a.png", "an address belongs into image_url"),
        ("data:image/gif;base64,R0lGODlh", "must be a data URL of a PNG, JPEG or WebP picture"),
        ("data:text/html,<p>", "must be a data URL"),
        ("data:image/png;base64,%%%", "this is not base64"),
        ("data:image/png;base64,é", "this is not base64"),
        (UUID + "0", "must be a data URL"),
        (f"../{UUID}", "must be a data URL"),
    ],
)
def test_what_is_neither_a_data_url_nor_a_character_is_refused(desk: Desk, image: str, why: str) -> None:
    fault = desk.refused(InvalidInput, image=image)
    assert (fault.field, why in fault.message) == ("image", True)


def test_a_character_that_is_not_stored_is_refused_by_its_name(desk: Desk) -> None:
    fault = desk.refused(InvalidInput, image=UNKNOWN)
    assert (fault.field, fault.message) == ("image", f"image: there is no stored character reference {UNKNOWN}")


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://hub.example/a.png", "nonsense", "", "http://", "http://[", "gopher://x/a"]
)
def test_an_address_off_the_web_is_refused(desk: Desk, url: str) -> None:
    assert desk.refused(InvalidInput, image_url=url).field == "image_url"


@pytest.mark.parametrize("scheme", ["file", "ftp"])
def test_the_schemes_that_are_taken_are_named(desk: Desk, scheme: str) -> None:
    message = desk.refused(InvalidInput, image_url=f"{scheme}://hub.example/a.png").message
    assert message == f"image_url: only http and https addresses can be downloaded, not {scheme}"


def test_a_file_of_this_machine_is_not_read_though_it_is_a_picture(desk: Desk, host: Host, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE)
    here = (tmp_path / "a.png").as_uri()
    assert desk.refused(InvalidInput, image_url=here).field == "image_url"
    assert desk.refused(InvalidInput, image_url=host.redirects("/a", here)).field == "image_url"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_never_asked(host: Host, name: str) -> None:
    desk = Desk(allow_private=False)
    host.shows("/a.png", PICTURE)
    url = f"http://{name}:{host.url.rpartition(':')[2]}/a.png"
    fault = desk.refused(InvalidInput, image_url=url)
    desk.web.close()
    assert (fault.field, "private network" in fault.message, host.asked) == ("image_url", True, [])


def test_a_redirect_is_followed_and_looked_at_like_the_first_address(desk: Desk, host: Host) -> None:
    host.shows("/a.png", PICTURE)
    assert desk.of(image_url=host.redirects("/moved", "/a.png")) == (PICTURE,)
    fault = desk.refused(InvalidInput, image_url=host.redirects("/away", "ftp://hub.example/a.png"))
    assert "only http and https" in fault.message
    assert desk.refused(InvalidInput, image_url=host.redirects("/circle", "/circle")).field == "image_url"
    assert host.asked.count("/circle") <= 10


def test_a_redirect_into_a_private_network_is_not_followed(host: Host) -> None:
    """No public host can be had here: private ones are allowed until the first has been asked."""

    class UntilAsked:
        def __bool__(self) -> bool:
            return host.asked == []

    host.shows("/secret.png", PICTURE)
    web = Web(clock=SystemClock(), allow_private=cast(bool, UntilAsked()), stall_seconds=5)
    with pytest.raises(InvalidInput, match="private network"):
        PictureFetcher(web).fetch(host.redirects("/a", "/secret.png"))
    web.close()
    assert host.asked == ["/a"]


def test_reading_stops_at_the_limit(desk: Desk, host: Host) -> None:
    fault = desk.refused(TooLarge, image_url=host.never_ends("/a.png"))
    assert (fault.field, "10 MiB" in fault.message) == ("image_url", True)
    assert host.poured < LARGEST_BYTES + 10_000_000


def test_the_last_byte_that_is_allowed_is_read(host: Host) -> None:
    web = Web(clock=SystemClock(), allow_private=True, stall_seconds=5)
    url = host.shows("/a.png", b"x" * LARGEST_BYTES)
    assert len(PictureFetcher(web).fetch(url)) == LARGEST_BYTES
    host.shows("/a.png", b"x" * (LARGEST_BYTES + 1))
    with pytest.raises(TooLarge):
        PictureFetcher(web).fetch(url)
    web.close()


def test_what_may_be_fetched_is_what_may_be_uploaded() -> None:
    assert LARGEST_BYTES == recipe_pictures.LARGEST_BYTES


def test_what_is_packed_although_nobody_asked_for_it_is_not_unpacked(desk: Desk, host: Host) -> None:
    packed = gzip.compress(PICTURE + bytes(100_000_000), compresslevel=9)
    fault = desk.refused(InvalidInput, image_url=host.shows("/a.png", packed, Content_Encoding="gzip"))
    assert fault.message == "image_url is not a PNG, JPEG or WebP picture"


def test_an_answer_that_trickles_holds_nobody_up(host: Host) -> None:
    desk = Desk(within_seconds=0.2)
    fault = desk.refused(Unavailable, image_url=host.trickles("/a.png"))
    desk.web.close()
    assert (fault.field, "longer than 0.2 seconds" in fault.message) == ("image_url", True)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, InvalidInput),
        (403, InvalidInput),
        (404, InvalidInput),
        (410, InvalidInput),
        (418, InvalidInput),
        (204, InvalidInput),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_each_refusal_of_the_host_is_told_in_words(
    desk: Desk, host: Host, status: int, kind: type[StudioError]
) -> None:
    fault = desk.refused(kind, image_url=host.answers("/a.png", status))
    assert (fault.field, fault.message.startswith("image_url: ")) == ("image_url", True)
    assert "licence" not in fault.message and "download" not in fault.message


def test_a_port_where_nobody_listens_is_told_as_not_available_now(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert desk.refused(Unavailable, image_url=f"http://127.0.0.1:{port}/a.png").field == "image_url"


def test_nothing_is_left_running_after_a_fetch(desk: Desk, host: Host) -> None:
    desk.of(image_url=host.shows("/a.png", OTHER))
    assert [thread.name for thread in threading.enumerate() if thread.name == "picture-deadline"] == []
