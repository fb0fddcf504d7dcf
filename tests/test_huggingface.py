"""Files of repositories: what is promised of them, and every refusal told apart."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from app.downloads.faults import PassingFault
from app.downloads.huggingface import sum_in
from app.downloads.orders import Order, SourceKind
from app.downloads.sources import Source
from app.model_files import ModelKind
from support.servers.hub import Hub
from support.servers.serving import Exchange, Server
from tests.counter import SHA256, Counter


def in_repository(filename: str = "neon-city.safetensors", **more: Any) -> Order:
    named = {"repo_id": "anna/neon", "revision": "main", "kind": ModelKind.LORAS, **more}
    return Order(SourceKind.HUGGINGFACE, filename=filename, **named)


def test_a_file_of_a_repository_comes_with_its_sum_and_size(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city", repo_id="anna/neon", revision="refs/pr/1")
    counter.wishes.path_template = "{author}/{model_name}"
    order = in_repository(revision="refs/pr/1")
    assert counter.resolve(order) == Source(
        (lora.huggingface_url or "",),
        "neon-city.safetensors",
        ModelKind.LORAS,
        PurePosixPath("anna/neon"),
        lora.sha256,
        len(lora.content),
        is_safetensors=True,
    )
    assert counter.sources.address_of(order) == lora.huggingface_url
    assert [seen.method for seen in hub.requests] == ["HEAD"]


def test_a_file_in_a_folder_of_a_repository_is_called_by_its_last_part(hub: Hub, counter: Counter) -> None:
    hub.offers("neon-city", repo_id="anna/neon", file_name="flux/neon city.safetensors")
    source = counter.resolve(in_repository("flux/neon city.safetensors"))
    assert source.name == "neon city.safetensors"


@pytest.mark.parametrize(
    ("order", "code", "why"),
    [
        (in_repository("other.pt"), "not_there", "has no file other.pt at revision main"),
        (in_repository(revision="v9"), "not_there", "anna/neon has no revision v9"),
        (in_repository(repo_id="anna/none"), "sign_in_needed", "there is no anna/none, or only for those who sign in"),
    ],
)
def test_what_a_repository_does_not_have_is_told_apart(
    hub: Hub, counter: Counter, order: Order, code: str, why: str
) -> None:
    hub.offers("neon-city", repo_id="anna/neon")
    refused = counter.refusal(order)
    assert refused.code == code
    assert why in refused.message


def test_a_repository_that_a_known_caller_cannot_see_is_not_there(hub: Hub, counter: Counter) -> None:
    counter.wishes.keys = {hub.url.partition("://")[2]: "k1"}
    refused = counter.refusal(in_repository(repo_id="anna/none"))
    assert (refused.code, "or it is private" in refused.message) == ("not_there", True)


def test_a_gated_repository_says_what_to_do_and_opens_with_its_key(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city", repo_id="anna/neon")
    hub.needs_a_key("neon-city", "k1")
    refused = counter.refusal(in_repository())
    assert (refused.code, "accept its licence" in refused.message) == ("sign_in_needed", True)
    host = hub.url.partition("://")[2]
    counter.wishes.keys = {host: "wrong"}
    assert counter.refusal(in_repository()).code == "sign_in_needed"
    counter.wishes.keys = {host: "k1"}
    assert counter.resolve(in_repository()).sha256 == lora.sha256


@pytest.mark.parametrize(("status", "code"), [(429, "hub_busy"), (503, "hub_busy"), (500, "hub_failed")])
def test_a_hub_that_is_busy_or_broken_is_asked_again_later(hub: Hub, counter: Counter, status: int, code: str) -> None:
    hub.offers("neon-city", repo_id="anna/neon")
    hub.refuses("neon-city", status)
    refused = counter.refusal(in_repository())
    assert (refused.code, isinstance(refused, PassingFault)) == (code, True)


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (403, {"X-Error-Code": "GatedRepo"}, "access_denied"),
        (403, {}, "access_denied"),
        (403, {"X-Error-Code": "DisabledRepo"}, "gone"),
        (401, {"X-Error-Code": "RepoNotFound"}, "not_there"),
        (404, {}, "not_there"),
        (410, {}, "gone"),
        (418, {}, "refused"),
    ],
)
def test_each_refusal_of_a_repository_is_told_apart(status: int, headers: dict[str, str], code: str) -> None:
    server = Server(lambda exchange: exchange.answer(status, headers))
    counter = Counter(server.url)
    try:
        refused = counter.refusal(in_repository())
    finally:
        counter.web.close()
        server.close()
    assert (refused.code, str(status) in refused.message) == (code, True)


def test_a_renamed_repository_is_followed_and_a_circle_is_left() -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.path.startswith("/anna/old/"):
            exchange.answer(307, {"Location": exchange.path.replace("old", "neon")})
        elif exchange.path.startswith("/anna/neon/"):
            exchange.answer(302, {"Location": "http://files.example/x", "X-Linked-Etag": f'"{SHA256}"'})
        else:
            exchange.answer(307, {"Location": exchange.path})

    server = Server(answer)
    counter = Counter(server.url)
    try:
        assert counter.resolve(in_repository(repo_id="anna/old")).sha256 == SHA256
        assert counter.refusal(in_repository(repo_id="anna/circle")).code == "too_many_redirects"
    finally:
        counter.web.close()
        server.close()


def test_a_redirect_to_another_host_is_not_asked_about_the_file() -> None:
    asked: list[str] = []

    def answer(exchange: Exchange) -> None:
        asked.append(exchange.path)
        exchange.answer(302, {"Location": f"http://localhost:{server.port}/elsewhere"})

    server = Server(answer)
    counter = Counter(server.url)
    try:
        assert counter.resolve(in_repository()).sha256 is None
    finally:
        counter.web.close()
        server.close()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("etag", "found"),
    [
        (f'"{SHA256}"', SHA256),
        (SHA256.upper(), SHA256),
        (f'W/"{SHA256}"', SHA256),
        (f'"{SHA256[:40]}"', None),
        (f'"{SHA256}ab"', None),
        ('"' + "x" * 64 + '"', None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_sha256_is_taken_for_one(etag: str | None, found: str | None) -> None:
    assert sum_in(etag) == found


def test_an_address_with_an_umlaut_and_a_space_is_encoded(tmp_path: Path) -> None:
    counter = Counter("http://hub.example/sub/")
    order = in_repository("flux/schön 1.pt", revision="a/b")
    assert counter.sources.address_of(order) == (
        "http://hub.example/sub/anna/neon/resolve/a%2Fb/flux/sch%C3%B6n%201.pt"
    )
