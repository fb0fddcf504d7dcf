"""Links to recipes: open without a key, for 300 seconds, to nothing but their one picture."""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from app.errors import NotFound, StorageUnavailable
from app.recipes.shares import LinkExpired, Shares, attachment
from support.clock import VirtualClock
from tests.recipe_studio import RecipeStudio, parameters, picture, serving

RECIPE = "0123456789abcdef" * 2
SECOND = timedelta(seconds=1)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def shares(home: Path, clock: VirtualClock) -> Shares:
    return Shares(clock=clock, secret_file=home / ".share-secret")


def test_a_link_opens_for_300_seconds_and_not_one_longer(tmp_path: Path, clock: VirtualClock) -> None:
    made = shares(tmp_path, clock)
    link = made.link(RECIPE)
    assert link.expires_at == clock.now() + timedelta(seconds=300)
    clock.advance(timedelta(seconds=300) - timedelta(microseconds=1))
    assert made.recipe_id(link.token) == RECIPE
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(LinkExpired, match="5 minutes"):
        made.recipe_id(link.token)


def test_a_link_outlasts_a_restart(tmp_path: Path, clock: VirtualClock) -> None:
    token = shares(tmp_path, clock).link(RECIPE).token
    assert shares(tmp_path, clock).recipe_id(token) == RECIPE


def test_the_link_of_another_studio_opens_nothing(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / "other").mkdir()
    token = shares(tmp_path / "other", clock).link(RECIPE).token
    with pytest.raises(NotFound):
        shares(tmp_path, clock).recipe_id(token)


def test_every_changed_character_makes_it_no_link(tmp_path: Path, clock: VirtualClock) -> None:
    made = shares(tmp_path, clock)
    token = made.link(RECIPE).token
    for place, character in enumerate(token):
        for other in ("0", "f", ".", "", "A", "\n", "é"):
            changed = token[:place] + other + token[place + 1 :]
            if other != character:
                with pytest.raises(NotFound):
                    made.recipe_id(changed)


def test_a_later_end_cannot_be_written_into_a_link(tmp_path: Path, clock: VirtualClock) -> None:
    made = shares(tmp_path, clock)
    recipe_id, expiry, proof = made.link(RECIPE).token.split(".")
    later = f"{recipe_id}.{int(expiry, 16) + 10**9:x}.{proof}"
    with pytest.raises(NotFound):
        made.recipe_id(later)
    clock.advance(timedelta(days=1))
    with pytest.raises(NotFound):
        made.recipe_id(later)


def test_the_secret_is_its_owner_s_alone_and_made_when_it_is_needed(tmp_path: Path, clock: VirtualClock) -> None:
    made = shares(tmp_path, clock)
    file = tmp_path / ".share-secret"
    assert not file.exists()
    made.link(RECIPE)
    assert (stat.S_IMODE(file.stat().st_mode), len(file.read_bytes())) == (0o600, 32)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".share-secret"]


def test_a_secret_that_was_cut_off_is_made_anew(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / ".share-secret").write_bytes(b"short")
    (tmp_path / ".share-secret.new").write_bytes(b"left by a crash")
    made = shares(tmp_path, clock)
    assert made.recipe_id(made.link(RECIPE).token) == RECIPE
    assert len((tmp_path / ".share-secret").read_bytes()) == 32


def test_a_secret_that_cannot_be_kept_is_told(tmp_path: Path, clock: VirtualClock) -> None:
    with pytest.raises(StorageUnavailable, match="secret of links"):
        shares(tmp_path / "absent", clock).link(RECIPE)


def test_a_link_gives_the_picture_with_its_settings_as_a_file(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters("a lighthouse", [("ink", 0.8, "1a2b3c4d5e")])), "Neon / 日本")
    link = studio.ask("GET", f"/recipe/{saved['id']}/share")
    assert link["expires_at"] == (studio.clock.now() + 300 * SECOND).isoformat().replace("+00:00", "Z")
    given = studio.client.get(link["url"])
    assert given.headers["Content-Type"] == "image/png"
    assert given.headers["Content-Disposition"].startswith('attachment; filename="Neon _ __.png"')
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    told = studio.ask("POST", "/recipes/analyze-image", files={"image": ("a.png", given.content)})
    assert (told["settings"], told["loras"]) == (saved["settings"], saved["loras"])
    with Image.open(io.BytesIO(given.content)) as opened:
        assert opened.size == (64, 64)


def test_an_expired_a_tampered_and_a_deleted_one_are_told_apart(studio: RecipeStudio) -> None:
    saved, gone = studio.save(picture()), studio.save(picture(), "gone")
    url, lost = (studio.ask("GET", f"/recipe/{one['id']}/share")["url"] for one in (saved, gone))
    studio.ask("DELETE", f"/recipe/{gone['id']}")
    path = url.removeprefix("/api/lm")
    assert studio.refused("GET", f"{path}0")[0] == 404
    assert studio.refused("GET", lost.removeprefix("/api/lm"))[0] == 404
    studio.clock.advance(300 * SECOND)
    assert studio.refused("GET", path)[:2] == (410, "expired")
    assert studio.refused("GET", "/recipe/unknown/share")[0] == 404


def test_a_link_hides_what_has_become_mature(studio: RecipeStudio) -> None:
    saved = studio.save(picture(), metadata={"mature": True})
    url = studio.ask("GET", f"/recipe/{saved['id']}/share")["url"]
    studio.safe_mode(True)
    assert studio.refused("GET", url.removeprefix("/api/lm"))[:2] == (403, "hidden")


def test_only_the_link_itself_opens_without_a_key(tmp_path: Path) -> None:
    with serving(tmp_path, api_keys=(SecretStr("k"),)) as studio:
        key = {"X-API-Key": "k"}
        files = {"image": ("a.png", picture()), "name": (None, "one")}
        saved = studio.ask("POST", "/recipes", 201, files=files, headers=key)
        url = studio.ask("GET", f"/recipe/{saved['id']}/share", headers=key)["url"]
        assert studio.client.get(url).status_code == 200
        for path in (
            f"/api/lm/recipe/{saved['id']}", f"/api/lm/recipe/{saved['id']}/share", f"{url}/more",
            "/api/lm/recipe/share", "/api/lm/recipe/share/", f"{url}%2F..%2F..%2F{saved['id']}", f"{url}%0A",
        ):  # fmt: skip
            assert studio.client.get(path).status_code == 401, path
        foreign = studio.client.get(url, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.png", "a.png"), ('a"b\r\n.png', "a_b__.png"), ("../../etc/passwd", "_.._etc_passwd"), ("...", "picture"),
        ("", "picture"), ("é.png", "_.png"), ("C:\\x", "C__x"),
    ],
)  # fmt: skip
def test_a_name_becomes_a_file_name_that_can_do_no_harm(name: str, plain: str) -> None:
    told = attachment(name)
    assert re.fullmatch(r"attachment; filename=\"([^\"]*)\"; filename\*=UTF-8''[\w.%~-]*", told, re.ASCII)
    assert f'filename="{plain}"' in told
