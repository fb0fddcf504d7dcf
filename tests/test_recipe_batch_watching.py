"""A watched folder: its pictures become recipes once they are whole, each once, and not again when deleted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app.recipes.watching import ends_whole
from support.waiting import until
from tests.recipe_studio import RecipeStudio, parameters, picture, serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "watched"
    made.mkdir()
    return made


@contextmanager
def watching(folder: Path) -> Iterator[RecipeStudio]:
    with serving(folder.parent / "home", recipe_watch_folder=folder) as studio:
        yield studio


def becomes(studio: RecipeStudio, *names: str) -> bool:
    return until(lambda: studio.names() == sorted(names), within=timedelta(seconds=15))


def test_a_new_picture_becomes_a_recipe_and_so_does_one_that_was_there(folder: Path) -> None:
    (folder / "before.png").write_bytes(picture(parameters("before")))
    with watching(folder) as studio:
        assert becomes(studio, "before")
        (folder / "deep/er").mkdir(parents=True)
        (folder / "deep/er/after.png").write_bytes(picture(parameters("after")))
        (folder / ".hidden.png").write_bytes(picture(parameters("hidden")))
        (folder / "notes.txt").write_text("no picture")
        assert becomes(studio, "after", "before")


def test_a_half_written_picture_is_taken_when_it_is_whole(folder: Path) -> None:
    data = picture(parameters("whole"), size=(512, 512))
    with watching(folder) as studio:
        (folder / "first.png").write_bytes(picture(parameters("first")))
        assert becomes(studio, "first")
        with (folder / "slow.png").open("wb") as file:
            for place in range(0, len(data), 500):
                # Another file tells when the half-written one has been looked at.
                file.write(data[place : place + 500])
                file.flush()
                if place == 500:
                    (folder / "second.png").write_bytes(picture(parameters("second")))
                    assert becomes(studio, "first", "second")
        assert becomes(studio, "first", "second", "slow")
        recipe = studio.ask("GET", "/recipes", params={"search": "whole"})["items"][0]
        assert recipe["width"] == 512


def test_a_picture_is_not_taken_before_the_texts_that_come_last_in_it(folder: Path) -> None:
    data = picture(parameters("said at the end"))
    text, end = data.index(b"tEXt") - 4, data.index(b"IDAT") - 4
    last = data.index(b"IEND") - 4
    begun, rest = data[:text] + data[end:last], data[text:end] + data[last:]
    with watching(folder) as studio:
        (folder / "slow.png").write_bytes(begun)
        (folder / "z.png").write_bytes(picture(parameters("z")))
        assert becomes(studio, "z")
        (folder / "slow.png").write_bytes(begun + rest)
        assert becomes(studio, "slow", "z")
        assert studio.names(search="said at the end") == ["slow"]


def test_what_was_taken_is_not_taken_again_after_a_restart_not_even_when_it_was_deleted(folder: Path) -> None:
    for name in ("kept", "deleted"):
        (folder / f"{name}.png").write_bytes(picture(parameters(name)))
    with watching(folder) as studio:
        assert becomes(studio, "kept", "deleted")
        deleted = studio.ask("GET", "/recipes", params={"search": "deleted"})["items"][0]
        studio.ask("DELETE", f"/recipe/{deleted['id']}")
        studio.clock.advance(timedelta(seconds=30))
    # Looked at before the new one, by whose recipe we see that the look is over.
    (folder / "deleted.png").rename(folder / "a renamed one.png")
    (folder / "new.png").write_bytes(picture(parameters("new")))
    with watching(folder) as studio:
        assert becomes(studio, "kept", "new")


def test_a_ledger_that_was_cut_off_costs_no_more_than_a_look(folder: Path) -> None:
    (folder / "a.png").write_bytes(picture(parameters("a")))
    with watching(folder) as studio:
        assert becomes(studio, "a")
    ledger = folder.parent / "home/watched-recipes.jsonl"
    ledger.write_text(ledger.read_text()[:-20])
    (folder / "b.png").write_bytes(picture(parameters("b")))
    with watching(folder) as studio:
        assert becomes(studio, "a", "b")


def test_a_link_that_leads_out_is_not_followed(folder: Path) -> None:
    outside = folder.parent / "outside.png"
    outside.write_bytes(picture(parameters("outside")))
    (folder / "a.png").symlink_to(outside)
    (folder / "b.png").write_bytes(picture(parameters("b")))
    with watching(folder) as studio:
        assert becomes(studio, "b")


def test_nothing_is_watched_unless_a_folder_is_named(tmp_path: Path) -> None:
    with serving(tmp_path):
        assert not [thread for thread in threading.enumerate() if thread.name == "recipe-watcher"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_whole_with_its_last_byte_and_not_before(kind: str) -> None:
    data = picture(kind=kind)
    assert ends_whole(data)
    assert not ends_whole(data[:-1])
    assert not ends_whole(b"")
