"""A deleted recipe is gone from everything at once, can be brought back for a while, and never comes back after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import Conflict, NotFound
from app.recipes.embedding import without
from app.recipes.service import GRACE, Wanted
from support.waiting import until
from tests.postgresql import database_url, postgresql_server, postgresql_url
from tests.recipe_desk import INK, PICTURE, RecipeDesk, desk_at

__all__ = ["database_url", "postgresql_server", "postgresql_url"]


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path, url=database_url) as desk:
        yield desk


def test_all_are_deleted_or_none(desk: RecipeDesk) -> None:
    saved = [desk.save(name) for name in "abc"]
    with pytest.raises(NotFound, match="'ffff"):
        desk.recipes.delete([saved[0].id, "f" * 32])
    assert desk.found() == ["a", "b", "c"]
    deletion = desk.recipes.delete([saved[0].id, saved[2].id, saved[0].id])
    assert (deletion.count, deletion.undo_until) == (2, desk.clock.now() + GRACE)
    assert desk.found() == ["b"]


def test_a_deleted_recipe_is_found_by_nothing_and_never_comes_back(desk: RecipeDesk) -> None:
    saved = desk.save("gone", "dawn", loras=[INK], source="there", favorite=True)
    desk.save("gone too", "dawn", loras=[INK], source="there")
    desk.recipes.delete([saved.id])

    def look() -> None:
        for ask in (desk.recipes.get, desk.recipes.picture, desk.recipes.opened):
            with pytest.raises(NotFound):
                ask(saved.id)
        assert desk.found("gone") == desk.found("dawn") == desk.found("ink") == ["gone too"]
        assert desk.found(favorite=True) == []
        assert [one.name for one in desk.recipes.all()] == ["gone too"]
        assert [one.name for one in desk.recipes.alike(saved.fingerprint)] == ["gone too"]
        assert desk.recipes.duplicates() == desk.recipes.duplicates(by_prompt=True) == ([], [])
        assert desk.recipes.find(Wanted()).total == 1

    look()
    desk.recipes.rebuild_index()
    desk.restart()
    look()
    desk.clock.advance(GRACE)
    assert until(lambda: len(desk.files()) == 1)
    look()
    desk.restart()
    look()


def test_a_deletion_is_undone_as_a_whole_within_its_time(desk: RecipeDesk) -> None:
    saved = [desk.save(name, "dawn", loras=[INK]) for name in "abc"]
    deletion = desk.recipes.delete([saved[0].id, saved[1].id])
    desk.clock.advance(GRACE - timedelta(milliseconds=1))
    desk.restart()
    assert sorted(desk.recipes.undo(deletion.batch_id)) == sorted(one.id for one in saved[:2])
    assert [desk.recipes.get(one.id) for one in saved] == saved
    assert desk.found("dawn") == ["a", "b", "c"] == desk.found(lora_hash=INK.hash)
    assert without(desk.recipes.picture(saved[0].id)[1]) == PICTURE
    with pytest.raises(NotFound):
        desk.recipes.undo(deletion.batch_id)
    desk.clock.advance(GRACE * 2)
    desk.restart()
    assert desk.found() == ["a", "b", "c"]
    assert len(desk.files()) == 3


@pytest.mark.parametrize("purged", [True, False], ids=["purged", "in that moment"])
def test_a_deletion_cannot_be_undone_after_its_time(desk: RecipeDesk, purged: bool) -> None:
    saved = desk.save()
    deletion = desk.recipes.delete([saved.id])
    desk.clock.advance(GRACE)
    if purged:
        assert until(lambda: desk.files() == [])
    with pytest.raises(Conflict, match="could be undone until") as refused:
        desk.recipes.undo(deletion.batch_id)
    assert refused.value.code == "expired"
    assert desk.found() == []


def test_what_should_have_been_purged_is_at_the_next_start(desk: RecipeDesk) -> None:
    deletions = [desk.recipes.delete([desk.save(name).id]) for name in "ab"]
    desk.close()
    desk.clock.advance(GRACE)
    desk.open()
    assert desk.files() == []
    with pytest.raises(Conflict):
        desk.recipes.undo(deletions[0].batch_id)
    desk.clock.advance(timedelta(days=2))
    desk.save("c")
    desk.recipes.delete([desk.save("d").id])
    desk.clock.advance(GRACE)
    assert until(lambda: len(desk.files()) == 1)
    with pytest.raises(NotFound):
        desk.recipes.undo(deletions[0].batch_id)
