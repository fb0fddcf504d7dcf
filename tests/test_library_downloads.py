"""What a download leaves in the library: the model, and a sidecar with what its hub said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from app.studio import build_studio
from support.servers.hub import Hub
from support.waiting import until

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(hub: Hub, tmp_path: Path) -> Iterator[Ask]:
    settings = Settings.exactly(studio_home=tmp_path, hub_url=hub.url, allow_private_addresses=True)
    studio = build_studio(settings)
    with asyncio.Runner() as loop:
        living = studio.router.lifespan_context(studio)
        loop.run(living.__aenter__())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(studio), base_url="http://127.0.0.1")
        try:
            yield lambda method, path, **parts: loop.run(client.request(method, path, **parts))
        finally:
            loop.run(client.aclose())
            loop.run(living.__aexit__(None, None, None))


def downloaded(ask: Ask, **order: Any) -> dict[str, Any]:
    (download,) = ask("POST", "/api/lm/download", json=order).json()["downloads"]
    address = f"/api/lm/downloads/{download['id']}"
    assert until(lambda: ask("GET", address).json()["state"] == "completed"), ask("GET", address).text
    (item,) = ask("GET", "/api/lm/loras").json()["items"]
    return dict(item)


def test_what_the_hub_says_of_a_model_is_known_of_it_and_after_another_scan(ask: Ask, hub: Hub, tmp_path: Path) -> None:
    lora = hub.offers("neon-city", base_model="Pony", tags=("city", "night"), nsfw=True)
    ask("PATCH", "/api/lm/settings", json={"path_template": "{first_tag}"})
    item = downloaded(ask, model_version_id=lora.version_id)
    assert (item["base_model"], item["tags"], item["mature"]) == ("Pony", ["city", "night"], True)
    assert (item["model_id"], item["model_version_id"]) == (lora.model_id, lora.version_id)
    assert item["folder"] == "city"
    report = ask("POST", "/api/lm/loras/scan", params={"full": "true"}).json()
    assert (report["added"], report["changed"], report["sidecars"]) == (0, 0, [])
    assert ask("GET", "/api/lm/loras").json()["items"] == [item]
    assert (tmp_path / "models/loras/city/neon-city.metadata.json").is_file()


def test_what_a_person_has_written_stays(ask: Ask, hub: Hub, tmp_path: Path) -> None:
    lora = hub.offers("neon-city", base_model="Pony")
    sidecar = tmp_path / "models/loras/neon-city.metadata.json"
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text(json.dumps({"base_model": "mine", "favorite": True}))
    item = downloaded(ask, model_version_id=lora.version_id)
    assert (item["base_model"], item["favorite"], item["model_version_id"]) == ("mine", True, lora.version_id)


def test_a_plain_address_says_nothing_and_leaves_no_sidecar(ask: Ask, hub: Hub, tmp_path: Path) -> None:
    lora = hub.offers("neon-city")
    item = downloaded(ask, urls=[f"{hub.url}/files/{lora.file_name}"])
    assert item["model_version_id"] is None
    assert [path.name for path in (tmp_path / "models/loras").iterdir()] == ["neon-city.safetensors"]
