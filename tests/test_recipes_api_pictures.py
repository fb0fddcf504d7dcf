"""Recipes' pictures at the edge: sent once, made small, hidden in safe mode."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.recipe_studio import RecipeStudio, parameters, picture, serving

INK = ("ink", 0.8, "1a2b3c4d5e")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


def test_a_picture_that_is_held_is_not_sent_again(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters()))
    for query in ("", "?size=32"):
        address = f"/api/lm/recipe/{saved['id']}/image{query}"
        first = studio.client.get(address)
        again = studio.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    whole, small = (studio.etag_of_picture(saved["id"], query) for query in ("", "?size=32"))
    assert whole != small


@pytest.mark.parametrize("size", [15, 1025, "large"])
def test_a_thumbnail_has_its_limits(studio: RecipeStudio, size: object) -> None:
    saved = studio.save(picture())
    assert studio.refused("GET", f"/recipe/{saved['id']}/image?size={size}")[0] == 422


@pytest.mark.parametrize("side", [16, 1024])
def test_a_thumbnail_is_a_webp_that_says_what_the_picture_says(studio: RecipeStudio, side: int) -> None:
    saved = studio.save(picture(parameters("a lighthouse at night", [INK]), size=(256, 128)))
    small = studio.client.get(f"/api/lm/recipe/{saved['id']}/image?size={side}")
    assert small.headers["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(small.content)) as opened:
        assert max(opened.size) == min(side, 256)
    told = studio.ask("POST", "/recipes/analyze-image", files={"image": ("a.webp", small.content)})
    assert (told["settings"], told["loras"]) == (saved["settings"], saved["loras"])


def test_a_mature_picture_is_hidden_in_safe_mode_and_shown_without(studio: RecipeStudio) -> None:
    mature = studio.save(picture(parameters(loras=[INK])), "mature", {"mature": True})
    plain = studio.save(picture(parameters(loras=[INK])), "plain")
    studio.safe_mode(True)
    shown = {item["name"]: item for item in studio.ask("GET", "/recipes")["items"]}
    assert (shown["mature"]["hidden"], shown["mature"]["image_url"]) == (True, None)
    assert (shown["plain"]["hidden"], shown["plain"]["image_url"]) == (False, f"/api/lm/recipe/{plain['id']}/image")
    duplicates = studio.ask("GET", "/recipes/find-duplicates")["groups"][0]["recipes"]
    assert {item["name"]: item["image_url"] for item in duplicates}["mature"] is None
    for part in ("image", "image?size=64", "share"):
        assert studio.refused("GET", f"/recipe/{mature['id']}/{part}")[:2] == (403, "hidden")
    studio.safe_mode(False)
    studio.ask("GET", f"/recipe/{mature['id']}/image")
    assert studio.get(mature["id"]) == mature


def test_a_picture_that_is_held_is_hidden_all_the_same(studio: RecipeStudio) -> None:
    mature = studio.save(picture(), "mature", {"mature": True})
    etag = studio.etag(mature["id"])
    held = studio.etag_of_picture(mature["id"])
    studio.safe_mode(True)
    headers = {"If-None-Match": held}
    assert studio.refused("GET", f"/recipe/{mature['id']}/image", headers=headers)[:2] == (403, "hidden")
    answer = studio.client.get(f"/api/lm/recipe/{mature['id']}", headers={"If-None-Match": etag})
    assert answer.status_code == 200, "what is held says that the picture may be seen"
