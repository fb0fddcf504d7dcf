"""The hub's double describes its offers in Civitai's form: models, versions, files, mirrors, early access."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from support.clock import NOON, VirtualClock
from support.servers.hub import Hub


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def hub(clock: VirtualClock) -> Iterator[Hub]:
    with Hub(now=clock.now) as hub:
        yield hub


@pytest.fixture
def web(hub: Hub) -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, base_url=hub.url) as client:
        yield client


def version(web: httpx.Client, number: int) -> Any:
    return web.get(f"/api/v1/model-versions/{number}").raise_for_status().json()


def test_a_model_tells_its_tags_and_its_versions_newest_first(web: httpx.Client, hub: Hub) -> None:
    hub.offers("old-film", base_model="SDXL 1.0")
    old = hub.offers("neon-city", base_model="Pony", tags=["style", "city"], nsfw=True)
    new = hub.offers("neon-city v2", version_of="neon-city", base_model="Illustrious", tags=["style"])
    model = web.get(f"/api/v1/models/{old.model_id}").json()
    assert (model["name"], model["type"], model["nsfw"], model["tags"]) == ("neon-city", "LORA", False, ["style"])
    listed = [(v["id"], v["name"], v["baseModel"]) for v in model["modelVersions"]]
    assert listed == [(new.version_id, "v2.0", "Illustrious"), (old.version_id, "v1.0", "Pony")]
    assert new.model_id == old.model_id


def test_a_version_names_its_model_but_not_the_tags(web: httpx.Client, hub: Hub) -> None:
    film = hub.offers("old-film", kind="checkpoints", base_model="SDXL 1.0", tags=["film"], nsfw=True)
    view = version(web, film.version_id)
    assert (view["modelId"], view["baseModel"], view["availability"]) == (film.model_id, "SDXL 1.0", "Public")
    assert view["model"] == {"name": "old-film", "type": "Checkpoint", "nsfw": True}


def test_a_version_may_have_several_files_the_first_one_primary(web: httpx.Client, hub: Hub) -> None:
    small = hub.offers("small", file_name="neon.safetensors")
    full = hub.offers("full", file_name="neon-full.safetensors", file_of="small")
    old = hub.offers("pickled", file_name="neon.ckpt", file_of="small")
    files = version(web, small.version_id)["files"]
    told = [(f["name"], f["primary"], f["metadata"]["format"]) for f in files]
    assert told == [
        ("neon.safetensors", True, "SafeTensor"),
        ("neon-full.safetensors", False, "SafeTensor"),
        ("neon.ckpt", False, "PickleTensor"),
    ]
    got = [web.get(file["downloadUrl"], follow_redirects=True).content for file in files]
    assert got == [small.content, full.content, old.content]
    assert web.get(f"/api/download/models/{old.version_id}?format=PickleTensor").headers["Location"] == old.url
    assert web.get(f"/api/download/models/{old.version_id}?format=Diffusers").status_code == 404


def test_a_file_tells_its_size_sums_and_mirrors(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash", mirrors=2)
    file = version(web, ink.version_id)["files"][0]
    assert file["sizeKB"] * 1024 == len(ink.content)
    assert file["hashes"] == {"SHA256": ink.sha256.upper(), "AutoV2": ink.sha256[:10].upper()}
    assert [(mirror["url"], mirror["deletedAt"]) for mirror in file["mirrors"]] == [(u, None) for u in ink.mirrors]
    plain = hub.offers("old-film")
    assert "mirrors" not in version(web, plain.version_id)["files"][0]


def test_a_version_is_found_by_its_checksum_unless_none_is_published(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash")
    asked = [f"/api/v1/model-versions/by-hash/{digits}" for digits in (ink.sha256, ink.sha256[:10].upper())]
    assert [web.get(path).json()["id"] for path in asked] == [ink.version_id] * 2
    hub.publishes_no_checksum("ink-wash")
    assert version(web, ink.version_id)["files"][0]["hashes"] == {}
    assert [web.get(path).status_code for path in asked] == [404, 404]


def test_a_replaced_file_is_described_anew(web: httpx.Client, hub: Hub) -> None:
    hub.offers("ink-wash")
    new = hub.replaces("ink-wash", content=b"new")
    file = version(web, new.version_id)["files"][0]
    assert (file["sizeKB"], file["hashes"]["SHA256"]) == (3 / 1024, new.sha256.upper())


def test_early_access_is_described_and_refused_until_it_ends(web: httpx.Client, hub: Hub, clock: VirtualClock) -> None:
    ink = hub.offers("ink-wash")
    hub.is_in_early_access("ink-wash", NOON + timedelta(days=2))
    view = version(web, ink.version_id)
    assert (view["availability"], view["earlyAccessEndsAt"]) == ("EarlyAccess", "2026-03-04T12:00:00.000Z")
    for address in (view["downloadUrl"], ink.url):
        answer = web.get(address)
        assert (answer.status_code, answer.json()["error"]) == (403, "Early Access")
        assert datetime.fromisoformat(answer.json()["deadline"]) == datetime(2026, 3, 4, 12, tzinfo=UTC)
    clock.advance(timedelta(days=2))
    view = version(web, ink.version_id)
    assert (view["availability"], view["earlyAccessEndsAt"]) == ("Public", None)
    assert web.get(view["downloadUrl"], follow_redirects=True).content == ink.content


def test_a_download_that_needs_a_key_is_refused_without(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash")
    hub.needs_a_key("ink-wash", "secret")
    path = f"/api/download/models/{ink.version_id}"
    assert (web.get(path).status_code, web.get(path).json()["error"]) == (401, "Unauthorized")
    key = {"Authorization": "Bearer secret"}
    assert web.get(path, headers=key, follow_redirects=True).content == ink.content
    assert version(web, ink.version_id)["id"] == ink.version_id  # what it is, everybody may know


def test_an_expiring_link_is_reached_from_the_download_address(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash")
    hub.lets_links_expire("ink-wash")
    first = web.get(f"/api/download/models/{ink.version_id}", follow_redirects=True)
    assert (first.content, web.get(first.url).status_code) == (ink.content, 403)
    assert web.get(f"/api/download/models/{ink.version_id}", follow_redirects=True).content == ink.content


def test_the_page_of_a_model_is_a_page(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash")
    for path in (f"/models/{ink.model_id}", f"/models/{ink.model_id}/ink-wash?modelVersionId={ink.version_id}"):
        assert web.get(path).headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/api/v1/models/999", "/api/v1/model-versions/999", "/api/download/models/999", "/models/999"]
)
def test_what_is_not_offered_is_not_found_and_not_unexpected(web: httpx.Client, hub: Hub, path: str) -> None:
    assert (web.get(path).status_code, web.head(path).status_code, hub.unexpected) == (404, 404, [])


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/models/", "/api/v1/model-versions/x", "/", "/files/x"])
def test_what_the_hub_does_not_have_is_unexpected(web: httpx.Client, hub: Hub, path: str) -> None:
    assert web.get(path).status_code == 404
    assert [seen.path for seen in hub.unexpected] == [path]


def test_nothing_can_be_written_to_the_api(web: httpx.Client, hub: Hub) -> None:
    assert web.post("/api/v1/models/1", json={}).status_code == 405
    assert [seen.method for seen in hub.unexpected] == ["POST"]


def test_a_version_needs_a_model_that_is_offered(hub: Hub) -> None:
    with pytest.raises(LookupError, match="the hub offers no 'neon'; it offers nothing"):
        hub.offers("neon v2", version_of="neon")
