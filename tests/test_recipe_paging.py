"""Pages of a large book: each recipe once under every order, whichever way its page is found."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from app.recipes import index
from app.recipes.dealing import Deal, Dealt
from app.recipes.search import fold
from app.recipes.service import Wanted
from app.recipes.tables import RECIPES, Recipe, row_of
from tests.postgresql import postgresql_server
from tests.recipe_desk import RecipeDesk, desk_at

__all__ = ["postgresql_server"]

COUNT, PAGE = 1000, 117
# More than are put in order by themselves; fewer than that; all.
WANTED = (Wanted(), Wanted(base_models=["SDXL 1.0"]), Wanted(favorite=True), Wanted(search="neon", tag_include=["ink"]))
KEYS: dict[str, Callable[[Recipe], object]] = {
    "date": lambda recipe: recipe.number,
    "name": lambda recipe: (recipe.folded_name, recipe.number),
    "loras_count": lambda recipe: (recipe.lora_count, recipe.number),
    "opened": lambda recipe: (recipe.opened_at is not None, recipe.opened_at, recipe.number),
}
RISING = {"date": False, "name": True, "loras_count": False, "opened": False}
DEALT = ("random:7", "random:7:desc", "random:some words")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[RecipeDesk]:
    """One book for whoever only reads it."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    place = tmp_path_factory.mktemp("book")
    with server.database() if server else nullcontext() as url, desk_at(place, url=url) as desk:
        _fill(desk)
        yield desk


def _fill(desk: RecipeDesk) -> None:
    one = desk.save("first", "a neon harbour", tags=["ink"])
    _add(desk, [_another(one, number) for number in range(1, COUNT)])
    # A third of the numbers is nobody's any more.
    desk.recipes.delete([recipe.id for recipe in desk.recipes.all() if recipe.number % 3 == 1][1:])


def _add(desk: RecipeDesk, recipes: list[Recipe]) -> None:
    with desk.database.writing() as rows:
        written = rows.execute(insert(RECIPES).returning(RECIPES.c.number), [row_of(recipe) for recipe in recipes])
        numbers = list(written.scalars())
        index.put(rows, [replace(recipe, number=number) for recipe, number in zip(recipes, numbers, strict=True)])


def _another(one: Recipe, number: int) -> Recipe:
    name = f"{'Élan' if number % 7 else 'neon'} {number % 40}"
    return replace(
        one,
        id=f"{number:032x}",
        name=name,
        folded_name=fold(name),
        lora_count=number % 4,
        base_model="SDXL 1.0" if number % 10 else "Flux.1 D",
        favorite=number % 9 == 0,
        opened_at=one.created_at + timedelta(seconds=number % 50) if number % 2 else None,
    )


def _is(recipe: Recipe, wanted: Wanted) -> bool:
    return (not wanted.base_models or recipe.base_model in wanted.base_models) and (
        wanted.favorite is None or recipe.favorite is wanted.favorite
    )


def _by_number(desk: RecipeDesk, wanted: Wanted, order: str) -> list[str]:
    total = desk.recipes.find(wanted, order=order).total
    pages = range(1, total // PAGE + 2)
    found = [desk.recipes.find(wanted, order=order, page=page, page_size=PAGE).items for page in pages]
    return [recipe.id for page in found for recipe in page]


def test_every_page_of_every_order_is_that_of_the_whole(desk: RecipeDesk) -> None:
    everything = list(desk.recipes.all())
    assert 650 < len(everything) < 700
    for wanted in WANTED:
        expected = [recipe for recipe in everything if _is(recipe, wanted)]
        for order, key in KEYS.items():
            for name, turned in ((order, not RISING[order]), (f"{order}:asc", False), (f"{order}:desc", True)):
                ids = [recipe.id for recipe in sorted(expected, key=key, reverse=turned)]  # type: ignore[arg-type]
                told = (name, wanted)
                assert (told, [one.id for one in desk.all_found(wanted, name, PAGE)]) == (told, ids)
                if name == order:
                    assert (told, _by_number(desk, wanted, name)) == (told, ids)


def test_what_is_dealt_is_dealt_whole_and_alike_on_every_way(desk: RecipeDesk) -> None:
    everything = list(desk.recipes.all())
    for wanted in WANTED:
        expected = sorted(recipe.id for recipe in everything if _is(recipe, wanted))
        for order in DEALT:
            ids = [recipe.id for recipe in desk.all_found(wanted, order, PAGE)]
            assert sorted(ids) == expected
            assert ids == _by_number(desk, wanted, order) == [one.id for one in desk.all_found(wanted, order, COUNT)]
        assert desk.all_found(wanted, "random:7", 5) == desk.all_found(wanted, "random:7:desc", PAGE)[::-1]


@pytest.mark.parametrize("order", [*RISING, *DEALT])
def test_a_walk_shows_each_recipe_once_while_others_save(tmp_path: Path, order: str) -> None:
    with desk_at(tmp_path) as desk:
        _fill(desk)
        newest = desk.save("newest", "a neon harbour", tags=["ink"], base_model="SDXL 1.0", favorite=True)
        for wanted in WANTED:
            before = {recipe.id for recipe in desk.all_found(wanted, order, PAGE)}
            shown: list[str] = []
            cursor = None
            while not shown or cursor is not None:
                page = desk.recipes.find(wanted, order=order, page_size=PAGE, cursor=cursor)
                shown += [recipe.id for recipe in page.items]
                cursor = page.next_cursor
                _add(desk, [replace(newest, id=uuid.uuid4().hex) for _ in range(30)])
            assert len(shown) == len(set(shown))
            assert before <= set(shown)


@given(st.text(max_size=5), st.integers(1, 10))
def test_each_number_has_one_place_in_a_deal(seed: str, bits: int) -> None:
    deal = Deal(seed, bits)
    numbers = [deal.number_at(place) for place in range(len(deal))]
    assert sorted(numbers) == list(range(2**bits))
    assert [deal.place_of(number) for number in numbers] == list(range(2**bits))


def test_neighbours_are_dealt_far_from_each_other() -> None:
    deal = Deal("7", 10)
    places = [deal.place_of(number) for number in range(1024)]
    distances = {(after - before) % 1024 for before, after in pairwise(places)}
    assert len(distances) > 500


@pytest.mark.parametrize("key", [-1, 0, 5, 1 << 48, (1 << 48) | 2, (49 << 48) | 1, 3 << 60])
def test_what_is_no_place_in_a_deal_is_told(key: int) -> None:
    if key == 1 << 48:
        assert Dealt.of(key) == Dealt(1, 0)
    else:
        with pytest.raises(ValueError, match="no place in a deal"):
            Dealt.of(key)
