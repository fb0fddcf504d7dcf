"""What a Civitai-style hub may say, sense or nonsense; said by one that says one thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.downloads.orders import Order, SourceKind
from app.model_files import ModelKind
from support.servers.serving import Server
from tests.counter import SHA256, Counter, version

SOUND: dict[str, Any] = {
    "id": 7,
    "model": {"type": "LORA", "name": "neon"},
    "files": [{"name": "a.safetensors", "downloadUrl": "/a"}],
}


def file(**more: Any) -> dict[str, Any]:
    return {**SOUND, "files": [{"name": "a.safetensors", "downloadUrl": "/a", **more}]}


@pytest.fixture
def says() -> Iterator[Callable[[Any], Counter]]:
    """A hub that answers everything with this JSON."""
    opened: list[Any] = []

    def hub(described: Any) -> Counter:
        body = json.dumps(described).encode()
        server = Server(lambda exchange: exchange.answer(200, {"Content-Type": "application/json"}, body))
        counter = Counter(server.url)
        opened.extend((server, counter.web))
        return counter

    yield hub
    for each in opened:
        each.close()


@pytest.mark.parametrize(
    ("described", "code"),
    [
        ([], "not_understood"),
        ({}, "not_understood"),
        ({**SOUND, "files": [{"name": 3}]}, "not_understood"),
        (file(hashes={"SHA256": "abc"}), "not_understood"),
        ({**SOUND, "model": None}, "not_understood"),
        ({**SOUND, "files": []}, "not_a_model"),
        (file(type="Training Data"), "not_a_model"),
        ({**SOUND, "model": {"type": "Workflows"}}, "not_a_model"),
        (file(downloadUrl=None), "not_there"),
        (file(downloadUrl="http://a.example:x/"), "unsafe_address"),
        (file(downloadUrl="file:///etc/passwd"), "unsafe_address"),
        (file(mirrors=[{"url": "ftp://mirror.example/a"}]), "unsafe_address"),
        ({**SOUND, "availability": "EarlyAccess"}, "early_access"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    says: Callable[[Any], Counter], described: Any, code: str
) -> None:
    assert says(described).refusal(version(7)).code == code


def test_a_model_without_versions_is_told_as_that(says: Callable[[Any], Counter]) -> None:
    counter = says({"type": "LORA", "modelVersions": []})
    assert counter.refusal(Order(SourceKind.CIVITAI, model_id=3)).code == "not_there"


@pytest.mark.parametrize(
    ("more", "member", "value"),
    [
        ({"sizeKB": 1.5}, "size_bytes", 1536),
        ({"sizeKB": 1.0001}, "size_bytes", None),
        ({"sizeKB": -3}, "size_bytes", None),
        ({"sizeKB": 1e300}, "size_bytes", None),
        ({"sizeKB": float("inf")}, "size_bytes", None),
        ({"sizeKB": float("nan")}, "size_bytes", None),
        ({"hashes": {"SHA256": SHA256.upper()}}, "sha256", SHA256),
        ({"hashes": {}}, "sha256", None),
        ({"name": "a.pt", "metadata": {"format": "SafeTensor"}}, "is_safetensors", True),
        ({"name": "a.pt", "metadata": {"format": "PickleTensor"}}, "is_safetensors", False),
        ({"name": "a.pt", "metadata": None}, "is_safetensors", False),
        ({"type": "Archive", "name": "a.zip"}, "name", "a.zip"),
    ],
)
def test_what_is_said_of_a_file_is_read(
    says: Callable[[Any], Counter], more: dict[str, Any], member: str, value: Any
) -> None:
    assert getattr(says(file(**more)).resolve(version(7)), member) == value


def test_halves_of_characters_in_a_description_do_no_harm(says: Callable[[Any], Counter]) -> None:
    counter = says({**file(name="a\ud800.pt", downloadUrl="/\ud800"), "baseModel": "\udfff"})
    counter.wishes.path_template = "{base_model}"
    source = counter.resolve(version(7))
    assert (source.name, source.folder.as_posix()) == ("a.pt", "unnamed")
    for text in (*source.addresses, source.name or ""):
        text.encode()


def test_mirrors_that_are_gone_or_named_twice_are_left_out(says: Callable[[Any], Counter]) -> None:
    there = {"url": "http://mirror.example/a"}
    gone = {"url": "http://gone.example/a", "deletedAt": "2025-01-01"}
    counter = says(file(mirrors=[gone, there, {"url": None}, there]))
    addresses = counter.resolve(version(7)).addresses
    assert [address.rpartition("/")[0] for address in addresses[1:]] == ["http://mirror.example"]


def test_a_kind_that_the_hub_does_not_know_may_be_told_by_the_caller(says: Callable[[Any], Counter]) -> None:
    counter = says({**SOUND, "model": {"type": "Other"}})
    assert counter.resolve(version(7, kind=ModelKind.EMBEDDINGS)).kind is ModelKind.EMBEDDINGS
