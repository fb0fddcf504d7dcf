"""What is asked for: read from a request, from the address of a hub's page, and kept as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.downloads.orders import Order, SourceKind, orders_of
from app.downloads.rewriting import OnCivitai, OnHuggingFace, read_civitai, read_huggingface
from app.errors import InvalidInput
from app.model_files import ModelKind

HUB = "https://hub.example"
FACES = "https://faces.example"
SHA256 = "ab" * 32
ELSEWHERE = "https://files.example/neon.safetensors"


@dataclass(frozen=True)
class Wish:
    """A request's members."""

    urls: list[str] | None = None
    source: SourceKind | None = None
    model_id: int | None = None
    model_version_id: int | None = None
    file: str | None = None
    repo_id: str | None = None
    revision: str | None = None
    filename: str | None = None
    kind: ModelKind | None = None
    relative_path: str | None = None
    sha256: str | None = None


def orders(**members: Any) -> list[Order]:
    return orders_of(Wish(**members), civitai_url=HUB, huggingface_url=FACES)


def test_a_plain_address_is_a_lora_unless_told_otherwise() -> None:
    assert orders(urls=[ELSEWHERE]) == [Order(SourceKind.URL, url=ELSEWHERE, kind=ModelKind.LORAS)]
    assert orders(urls=[ELSEWHERE], kind=ModelKind.CHECKPOINTS)[0].kind is ModelKind.CHECKPOINTS


def test_a_version_its_file_and_its_folder_are_kept_as_told() -> None:
    asked = orders(model_id=12, model_version_id=34, file="a b.pt", relative_path="flux/x/", sha256=SHA256.upper())
    assert asked == [
        Order(
            SourceKind.CIVITAI,
            model_id=12,
            model_version_id=34,
            file="a b.pt",
            relative_path="flux/x",
            sha256=SHA256,
        )
    ]


def test_a_repository_is_asked_at_main_unless_told_otherwise() -> None:
    wanted = Order(
        SourceKind.HUGGINGFACE, repo_id="a/b", revision="main", filename="x/y.safetensors", kind=ModelKind.LORAS
    )
    assert orders(repo_id="a/b", filename="x/y.safetensors") == [wanted]
    assert orders(repo_id="a/b", filename="x/y.safetensors", revision="refs/pr/1")[0].revision == "refs/pr/1"


def test_addresses_of_pages_become_orders_of_their_hub() -> None:
    asked = orders(
        urls=[f"{HUB}/models/12/neon?modelVersionId=34", f"{FACES}/a/b/blob/main/x%20y.safetensors", ELSEWHERE],
        relative_path="flux",
    )
    assert [order.source for order in asked] == [SourceKind.CIVITAI, SourceKind.HUGGINGFACE, SourceKind.URL]
    assert (asked[0].model_id, asked[0].model_version_id) == (12, 34)
    assert (asked[1].repo_id, asked[1].filename) == ("a/b", "x y.safetensors")
    assert {order.relative_path for order in asked} == {"flux"}


@pytest.mark.parametrize(
    ("members", "field", "why"),
    [
        ({}, "urls", "say what to download"),
        ({"urls": [ELSEWHERE], "model_version_id": 1}, "model_version_id", "give urls or model_version_id, not both"),
        ({"urls": [ELSEWHERE], "file": "a"}, "file", "not both"),
        ({"urls": [ELSEWHERE], "repo_id": "a/b"}, "repo_id", "not both"),
        ({"model_id": 1, "filename": "a"}, "filename", "not both"),
        ({"urls": [ELSEWHERE], "source": SourceKind.CIVITAI}, "source", "urls speaks of url, not of civitai"),
        ({"model_id": 1, "source": SourceKind.HUGGINGFACE}, "source", "speaks of civitai"),
        ({"urls": [ELSEWHERE] * 2, "sha256": SHA256}, "sha256", "one sum cannot be promised of 2 addresses"),
        ({"urls": [ELSEWHERE, "ftp://a.example/x"]}, "urls.1", "only http and https"),
        ({"urls": ["file:///etc/passwd"]}, "urls.0", "only http and https"),
        ({"model_version_id": 1, "kind": ModelKind.LORAS}, "kind", "the hub says it"),
        ({"file": "a"}, "model_version_id", "say which version"),
        ({"model_version_id": 1, "file": " "}, "file", "cannot be empty"),
        ({"model_version_id": 1, "relative_path": "../x"}, "relative_path", "lead elsewhere"),
        ({"repo_id": "a/b"}, "filename", "say which file"),
        ({"filename": "a"}, "repo_id", "names no repository"),
        ({"repo_id": "a/b/c", "filename": "x"}, "repo_id", "names no repository"),
        ({"repo_id": "../b", "filename": "x"}, "repo_id", "names no repository"),
        ({"repo_id": "a/..", "filename": "x"}, "repo_id", "names no repository"),
        ({"repo_id": "a/b?c", "filename": "x"}, "repo_id", "names no repository"),
        ({"repo_id": "a/b", "filename": "../x"}, "filename", "cannot be a filename"),
        ({"repo_id": "a/b", "filename": "/x"}, "filename", "cannot be a filename"),
        ({"repo_id": "a/b", "filename": "x\0"}, "filename", "cannot be a filename"),
        ({"repo_id": "a/b", "filename": "x", "revision": ".."}, "revision", "cannot be a revision"),
        ({"urls": [f"{FACES}/a/b/resolve/main/..%2Fx"]}, "urls.0", "cannot be a filename"),
    ],
)
def test_what_cannot_be_meant_is_refused_naming_its_field(members: dict[str, Any], field: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        orders(**members)
    assert (refused.value.field, refused.value.message.startswith(f"{field}: ")) == (field, True)
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/models/12", OnCivitai(12, None)),
        ("/models/12/", OnCivitai(12, None)),
        ("/models/12/neon-city", OnCivitai(12, None)),
        ("/models/12?modelVersionId=34", OnCivitai(12, 34)),
        ("/models/12/neon-city?other=1&modelVersionId=34#about", OnCivitai(12, 34)),
        ("/model-versions/34", OnCivitai(None, 34)),
        ("/api/v1/models/12", OnCivitai(12, None)),
        ("/api/v1/model-versions/34", OnCivitai(None, 34)),
        ("/api/download/models/34", OnCivitai(None, 34)),
        ("/api/download/models/34?type=Model&format=Other", OnCivitai(None, 34, "format=Other&type=Model")),
        ("/api/download/models/34?token=secret", None),
        ("/api/download/models/34?type=Model&token=secret", None),
        ("/models/12?modelVersionId=x", None),
        ("/models/12?modelVersionId=", None),
        ("/models/0", None),
        ("/models/99999999999999999999", None),
        ("/models/12/a/b", None),
        ("/models/１２", None),
        ("/models", None),
        ("/images/12", None),
        ("/", None),
        ("", None),
    ],
)
def test_an_address_of_the_hub_is_read_for_what_it_means(path: str, meant: OnCivitai | None) -> None:
    assert read_civitai(HUB + path, HUB) == meant


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/a/b/resolve/main/x.safetensors", OnHuggingFace("a/b", "main", "x.safetensors")),
        ("/a/b/blob/main/x/y%20z.safetensors", OnHuggingFace("a/b", "main", "x/y z.safetensors")),
        ("/a/b/resolve/refs%2Fpr%2F1/x.bin?download=true", OnHuggingFace("a/b", "refs/pr/1", "x.bin")),
        ("/gpt2/resolve/main/x.bin", OnHuggingFace("gpt2", "main", "x.bin")),
        ("/datasets/a/resolve/main/x.bin", None),
        ("/datasets/a/b/resolve/main/x.bin", None),
        ("/a/b/tree/main", None),
        ("/a/b", None),
        ("/a/b/resolve/main/", None),
        ("/api/models/a", None),
    ],
)
def test_an_address_of_a_repository_is_read_for_what_it_means(path: str, meant: OnHuggingFace | None) -> None:
    assert read_huggingface(FACES + path, FACES) == meant


@pytest.mark.parametrize(
    ("url", "base", "is_its"),
    [
        ("https://hub.example/models/1", "https://hub.example/", True),
        ("https://www.hub.example/models/1", "https://hub.example", True),
        ("https://HUB.example:443/models/1", "https://hub.example", True),
        ("http://hub.example/models/1", "https://hub.example", True),
        ("http://127.0.0.1:80/models/1", "http://127.0.0.1", True),
        ("http://127.0.0.1:81/models/1", "http://127.0.0.1", False),
        ("https://hub.example/sub/models/1", "https://hub.example/sub", True),
        ("https://hub.example/models/1", "https://hub.example/sub", False),
        ("https://hub.example.evil.example/models/1", "https://hub.example", False),
        ("https://me:secret@hub.example/models/1", "https://hub.example", False),
        ("https://hub.example:x/models/1", "https://hub.example", False),
    ],
)
def test_only_the_hub_of_the_settings_is_read(url: str, base: str, is_its: bool) -> None:
    assert (read_civitai(url, base) is not None) is is_its


@given(st.integers(1, 2**53 - 1), st.integers(1, 2**53 - 1))
def test_whatever_the_numbers_they_are_read(model_id: int, version_id: int) -> None:
    url = f"{HUB}/models/{model_id}/x?modelVersionId={version_id}"
    assert read_civitai(url, HUB) == OnCivitai(model_id, version_id)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(NAMES, NAMES)
def test_whatever_a_file_and_a_revision_are_called_they_are_read(revision: str, filename: str) -> None:
    url = f"{FACES}/a/b/resolve/{quote(revision, safe='')}/{quote(filename)}"
    found = read_huggingface(url, FACES)
    assert found == OnHuggingFace("a/b", revision, filename) or revision in (".", "..") or filename.startswith("/")


@given(st.text(max_size=80) | st.text("https://hub.example:/?&=#@%models12modelVersionId[]", max_size=80))
@example("https://[")
@example("https://hub.example:99999999/models/1")
def test_no_address_at_all_is_too_much(text: str) -> None:
    for url in (text, f"{HUB}/{text}", f"{FACES}/{text}"):
        read_civitai(url, HUB)
        read_huggingface(url, FACES)


MEMBER = st.none() | st.text(min_size=1, max_size=20) | st.text(":%/?", min_size=1, max_size=4)
ORDERS = st.one_of(
    st.builds(Order, st.just(SourceKind.URL), url=st.text(min_size=1), kind=st.sampled_from(ModelKind)),
    st.builds(
        Order,
        st.just(SourceKind.CIVITAI),
        model_version_id=st.integers(1, 9),
        file=MEMBER,
        kind=st.none() | st.sampled_from(ModelKind),
        relative_path=MEMBER,
        sha256=st.none() | st.just(SHA256),
    ),
    st.builds(
        Order,
        st.just(SourceKind.HUGGINGFACE),
        repo_id=st.text(min_size=1),
        revision=st.text(min_size=1),
        filename=st.text(min_size=1),
        kind=st.sampled_from(ModelKind),
        relative_path=MEMBER,
    ),
)


@given(ORDERS)
def test_an_order_survives_json(order: Order) -> None:
    assert Order.from_json(json.loads(json.dumps(order.as_json()))) == order


@given(ORDERS, ORDERS)
@example(Order(SourceKind.URL, url="a:loras"), Order(SourceKind.URL, url="a", kind=ModelKind.LORAS))
@example(
    Order(SourceKind.CIVITAI, model_version_id=1, file="?a"),
    Order(SourceKind.CIVITAI, model_version_id=1, variant="a"),
)
def test_two_orders_are_the_same_download_when_all_but_the_sum_is_the_same(one: Order, other: Order) -> None:
    same = replace(one, sha256=None) == replace(other, sha256=None)
    assert (one.identity == other.identity) is same
    assert replace(one, sha256=SHA256).identity == one.identity


def test_a_label_says_what_is_meant_and_no_secret() -> None:
    assert orders(urls=["https://u:pw@files.example/a%20b.pt?token=secret"])[0].label == "a b.pt"
    assert orders(model_version_id=7)[0].label == "version 7"
    assert orders(model_id=7)[0].label == "the latest version of model 7"
    assert orders(model_id=7, file="x.pt")[0].label == "x.pt"
    assert orders(repo_id="a/b", filename="x/y.pt")[0].label == "y.pt"


@pytest.mark.parametrize("members", [{}, {"source": "ftp"}, {"source": "url", "kind": "x"}, {"source": "url", "x": 1}])
def test_what_is_no_order_is_not_read_as_one(members: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Order.from_json(members)
