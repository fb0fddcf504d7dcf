"""The wire: kept connections, every hop looked at, TLS and proxies, bodies of every form, broken ones told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.transfer import Transfer
from app.downloads.web import Web
from support.servers.hub import Hub
from support.servers.serving import Exchange, Server
from support.waiting import until
from tests.relays import Relay, trusting
from tests.transfers import BLOCK, Bench, content, threads

PUBLIC = "http://93.184.216.34"
BODY = content(100_000)


@pytest.fixture
def bench(tmp_path: Path, hub: Hub) -> Iterator[Bench]:
    yield Bench(tmp_path, hub)
    assert until(lambda: not threads()), threads()


class Raw:
    """A server that says exactly these bytes to each connection's first request, then those to its second, …"""

    def __init__(self, *conversations: list[bytes]) -> None:
        self._conversations = list(conversations)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.heads: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/a.ckpt"
        self._thread = threading.Thread(target=self._talk, name="raw")
        self._thread.start()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)
        self._listener.close()

    def _talk(self) -> None:
        for conversation in self._conversations:
            connection, _ = self._listener.accept()
            with connection:
                for answer in conversation:
                    self.heads.append(connection.recv(65536))
                    connection.sendall(answer)


def said(headers: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {headers}\r\n\r\n".replace("\n", "\r\n").replace("\r\r", "\r").encode("latin-1") + body


def test_early_hints_are_not_taken_for_the_answer(bench: Bench) -> None:
    hints = said("103 Early Hints\nLink: </style.css>; rel=preload") + said("102 Processing")
    answer = said(f"200 OK\nContent-Length: {len(BODY)}", BODY)
    with Raw([hints + answer]) as raw:
        assert bench.fetch([raw.url]).path.read_bytes() == BODY


def test_a_redirect_may_be_written_in_utf_8(bench: Bench) -> None:
    moved = "302 Found\nContent-Length: 0\nLocation: /mödel.ckpt".encode().decode("latin-1")
    with Raw([said(moved), said(f"200 OK\nContent-Length: {len(BODY)}", BODY)]) as raw:
        assert bench.fetch([raw.url]).path.read_bytes() == BODY
    assert raw.heads[1].startswith(b"GET /m%C3%B6del.ckpt ")


def test_an_absurd_length_is_refused_before_anything_is_laid_out_for_it(bench: Bench) -> None:
    told = f'206 Partial Content\nETag: "a"\nContent-Length: {BLOCK}\nContent-Range: bytes 0-{BLOCK - 1}/{10**17}'
    with Raw([said(told)]) as raw, pytest.raises(TransferFailed, match="the file takes") as refused:
        bench.fetch([raw.url])
    assert refused.value.code == "no_space"


def test_blocks_come_over_connections_that_are_kept(bench: Bench, hub: Hub) -> None:
    with Relay(("127.0.0.1", int(hub.url.rpartition(":")[2]))) as relay:
        lora = hub.offers("neon", content=content(6 * BLOCK))
        bench.tune(connections=1)
        assert bench.holds(bench.fetch([f"http://127.0.0.1:{relay.port}/files/neon.safetensors"]), lora)
        assert len(relay._open) == 2, "one connection: its two ends"


def test_a_kept_connection_that_the_hub_has_ended_is_made_anew(bench: Bench) -> None:
    half = said(f'206 Partial\nETag: "a"\nContent-Range: bytes 0-{BLOCK - 1}/{BLOCK + 5}\nContent-Length: {BLOCK}')
    rest = said(f'206 Partial\nETag: "a"\nContent-Range: bytes {BLOCK}-{BLOCK + 4}/{BLOCK + 5}\nContent-Length: 5')
    bench.tune(connections=1)
    with Raw([half + content(BLOCK)], [rest + b"12345"]) as raw:
        assert bench.fetch([raw.url]).path.read_bytes() == content(BLOCK) + b"12345"


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhello\r\n6;x=1\r\n world\r\n0\r\n\r\n",
        b"b\r\nhello world\r\n0\r\nTrailer: x\r\n\r\n",
    ],
)
def test_a_body_in_chunks_is_read_to_its_end(bench: Bench, body: bytes) -> None:
    with Raw([said("200 OK\nTransfer-Encoding: chunked", body)]) as raw:
        part = bench.fetch([raw.url])
    assert part.path.read_bytes() == b"hello world"
    assert bench.watched.answers == [("a.ckpt", None)]


@pytest.mark.parametrize("body", [b"5\r\nhel", b"5\r\nhello\r\n", b"zz\r\nhello\r\n", b""])
def test_a_body_in_chunks_that_breaks_off_is_no_file(bench: Bench, body: bytes) -> None:
    with Raw([said("200 OK\nTransfer-Encoding: chunked", body)]) as raw:
        assert bench.passing([raw.url]).code == "cut_short"


def test_a_body_that_ends_with_its_connection_is_read_to_its_end(bench: Bench) -> None:
    with Raw([said("200 OK\nConnection: close", b"hello world")]) as raw:
        assert bench.fetch([raw.url]).path.read_bytes() == b"hello world"


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
     b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"],
    ids=["nothing", "another protocol", "no status", "too many headers", "a header without end"],
)  # fmt: skip
def test_what_is_no_answer_is_told_as_a_connection_that_failed(bench: Bench, answer: bytes) -> None:
    with Raw([answer]) as raw:
        assert bench.passing([raw.url]).code == "unreachable"


def test_a_packed_body_is_refused(bench: Bench) -> None:
    with Raw([said("200 OK\nContent-Encoding: gzip\nContent-Length: 5", b"hello")]) as raw:
        fault = bench.fault([raw.url])
    assert (fault.code, isinstance(fault, PassingFault)) == ("not_understood", False)


@pytest.mark.parametrize(
    "extent",
    ["bytes 1-5/5", "bytes 0-4/4", "bytes 0-9/9", "bytes 0-3/5", "bytes 4-0/5", "bytes */5", "5", "", "bytes 0-4/*",
     f"bytes 0-4/{'9' * 5000}"],
)  # fmt: skip
def test_a_lying_content_range_is_not_believed_and_all_is_asked_for(bench: Bench, extent: str) -> None:
    lying = said(f'206 Partial\nETag: "a"\nConnection: close\nContent-Length: 5\nContent-Range: {extent}', b"wrong")
    with Raw([lying], [said('200 OK\nETag: "a"\nContent-Length: 5', b"right")]) as raw:
        assert bench.fetch([raw.url]).path.read_bytes() == b"right"
    assert b"Range:" not in raw.heads[1]


def test_a_validator_with_a_lines_end_in_it_is_none(bench: Bench) -> None:
    first = said(f'206 Partial\nETag: "a\n X: b"\nContent-Range: bytes 0-4/{BLOCK * 2}\nContent-Length: 5', b"hello")
    with Raw([first], [said("200 OK\nContent-Length: 5", b"hello")]) as raw:
        bench.fetch([raw.url])
    assert all(b"X: b" not in head for head in raw.heads)


def test_a_user_and_password_in_an_address_are_sent_to_that_host_alone(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon")
    hub.moves_to_the_second_host("neon")
    bench.fetch([lora.url.replace("http://", "http://me:secret@")])
    assert "authorization" in hub.headers_seen(hub.host)[0]
    assert "authorization" not in hub.headers_seen(hub.second_host.host)[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_however_it_is_written(bench: Bench, hub: Hub, host: str) -> None:
    lora = hub.offers("neon")
    careful = Bench(bench.folder, hub, allow_private=False)
    assert careful.fault([lora.url.replace("127.0.0.1", host)]).code == "private_address"
    assert hub.requests == [] and careful.left == []


@pytest.mark.parametrize("to", ["http://127.0.0.1:9/a.ckpt", "http://localhost/a.ckpt", "http://[::1]/a.ckpt"])
def test_a_redirect_into_a_private_network_is_refused(bench: Bench, hub: Hub, to: str) -> None:
    careful = Bench(bench.folder, hub, allow_private=False)
    with proxied(lambda exchange: exchange.answer(302, {"Location": to})) as proxy:
        careful.tune(proxy=proxy.url)
        assert careful.fault([f"{PUBLIC}/a.ckpt"]).code == "private_address"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://hub/a", "javascript:alert(1)"])
def test_a_redirect_off_the_web_is_refused(bench: Bench, hub: Hub, to: str) -> None:
    lora = hub.offers("neon")
    hub.redirects("neon", to)
    assert bench.fault(lora).code == "unsafe_address"


def test_a_name_that_nobody_knows_is_unreachable(bench: Bench) -> None:
    assert bench.passing(["http://no-such-host.invalid/a.ckpt"]).code == "unreachable"
    assert bench.passing([f"http://{'a' * 70}.invalid/a.ckpt"]).code == "unreachable"


def test_a_proxy_is_asked_by_the_whole_address_with_its_own_password(bench: Bench) -> None:
    seen: list[dict[str, str]] = []

    def answer(exchange: Exchange) -> None:
        seen.append({**exchange.headers, "asked": exchange.path})
        exchange.answer(200, {"ETag": '"a"'}, b"hello")

    careful = Bench(bench.folder, bench.hub, allow_private=False)
    with proxied(answer) as proxy:
        careful.tune(proxy=proxy.url.replace("http://", "http://me:pw@"))
        part = careful.fetch([f"{PUBLIC}/a.ckpt"])
    assert part.path.read_bytes() == b"hello"
    assert seen[0]["host"] == "93.184.216.34"
    assert seen[0]["proxy-authorization"] == "Basic bWU6cHc="


def test_over_tls_a_file_arrives_as_it_is_in_parts_and_is_resumed(bench: Bench, hub: Hub) -> None:
    secure = over_tls(bench)
    lora = hub.offers("neon", content=content(3 * BLOCK))
    hub.drops_the_connection_at("neon", BLOCK + 5)
    secure.tune(connections=1)
    with Relay(("127.0.0.1", int(hub.url.rpartition(":")[2])), tls=True) as relay:
        url = f"https://127.0.0.1:{relay.port}/files/neon.safetensors"
        assert secure.passing([url]).arrived
        assert secure.holds(secure.fetch([url]), lora)
    assert hub.sent_each_byte_once("neon"), hub.log()


def test_over_tls_a_silent_connection_is_noticed(bench: Bench, hub: Hub) -> None:
    secure = over_tls(bench)
    hub.offers("neon", content=BODY)
    hub.falls_silent_at("neon", 1000)
    secure.tune(stall_seconds=0.1)
    with Relay(("127.0.0.1", int(hub.url.rpartition(":")[2])), tls=True) as relay:
        assert secure.passing([f"https://127.0.0.1:{relay.port}/files/neon.safetensors"]).code == "stalled"


def test_a_host_whose_certificate_nobody_signed_is_not_believed(bench: Bench, hub: Hub) -> None:
    hub.offers("neon")
    with Relay(("127.0.0.1", int(hub.url.rpartition(":")[2])), tls=True) as relay:
        fault = bench.passing([f"https://127.0.0.1:{relay.port}/files/neon.safetensors"])
    assert fault.code == "unreachable" and "CERTIFICATE_VERIFY_FAILED" in fault.message
    assert hub.requests == []


def test_tls_goes_through_a_proxy_as_a_tunnel(bench: Bench, hub: Hub) -> None:
    secure = over_tls(bench)
    lora = hub.offers("neon", content=BODY)
    with (
        Relay(("127.0.0.1", int(hub.url.rpartition(":")[2])), tls=True) as relay,
        Relay(None, proxy=True) as proxy,
    ):
        secure.tune(proxy=f"http://me:pw@127.0.0.1:{proxy.port}")
        assert secure.holds(secure.fetch([f"https://127.0.0.1:{relay.port}/files/neon.safetensors"]), lora)
        assert proxy.asked[0].startswith(f"CONNECT 127.0.0.1:{relay.port} HTTP/1.1")
        assert "Proxy-Authorization: Basic bWU6cHc=" in proxy.asked[0]


def over_tls(bench: Bench) -> Bench:
    """A bench that believes the relay's certificate."""
    secure = Bench(bench.folder, bench.hub)
    secure.web = Web(clock=secure.clock, allow_private=True, stall_seconds=5, certificates=trusting)
    secure.transfer = Transfer(web=secure.web, clock=secure.clock, tuning=lambda: secure.tuning)
    return secure


class proxied:  # noqa: N801
    """A proxy that answers everything itself."""

    def __init__(self, answer: Callable[[Exchange], None]) -> None:
        self._server = Server(answer)
        self.url = self._server.url

    def __enter__(self) -> proxied:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
