"""Recipes are found by every word that they hold, in every order, once each, whatever is searched for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.recipes.ordering import ordering
from app.recipes.recipe import RecipeLora, RecipeSettings
from app.recipes.search import fold, terms, tokens, words
from app.recipes.service import Field, RecipeChange, Wanted
from tests.postgresql import database_url, postgresql_server, postgresql_url
from tests.recipe_desk import INK, RecipeDesk, desk_at

__all__ = ["database_url", "postgresql_server", "postgresql_url"]

ORDERS = (
    "date",
    "date:asc",
    "name",
    "name:desc",
    "loras_count",
    "loras_count:asc",
    "opened",
    "random:7",
    "random:x:desc",
)
text = st.text(st.characters(exclude_categories=["Cs"]))
odd = st.text(st.sampled_from("aB1.'%-_,日本ŽあS ’ß(\"*:^{}"), max_size=30)
anything = st.text(st.characters())


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path, url=database_url) as desk:
        yield desk


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path) as desk:
        yield desk


def holds(written: str, searched: str) -> bool:
    """What the index decides: whether each of the search's terms begins one of the text's tokens."""
    known = tokens([written])
    return all(any(token.startswith(term) for token in known) for term in terms(searched))


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("Café", "cafe"), ("STRASSE", "straße"), ("a girl’s cat", "girl's"), ("50% grey", "50%"), ("50% grey", "%"),
        ("ｆｕｌｌ width", "full"), ("日本の灯台", "日本"), ("日本の灯台", "本の灯台"), ("日本の灯台", "台"),
        ("夜の日本", "日"),
        ("İstanbul", "istanbul"), ("masterpiece, dress", "dress, masterpiece"), ("(masterpiece:1.2)", "masterpiece"),
        ("(masterpiece:1.2)", "1.2"), ("sdxl v1.5 pruned", "v1.5"), ("sdxl v1.5 pruned", "v1"), ("v1.5", "1.5"),
        ("neon-city-v2", "city-v2"), ("long_hair", "hair"), ("1girl, solo", "girl"), ("neon and fog", "neon AND"),
        ("<lora:neon-city:0.8>", "neon-city"), ("<lora:neon-city:0.8>", "lora:neon"), ("so\u00adft", "soft"),
        ("a" * 200, "a" * 150), ("日" * 50, "日" * 9), ("x-" * 3000 + "end", "end"), ("ночь", "НОЧЬ"), ("สวัสดี", "วัสดี"),
    ],
)  # fmt: skip
def test_words_are_found_whatever_their_look(written: str, searched: str) -> None:
    assert holds(written, searched)


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("500 km", "50%"), ("snakeXcase", "snake_case"), ("back/slash", "back\\"), ("neon fog", "neon AND"),
        ("がき", "かき"), ("masterpiece", "piece"), ("日本", "本日"), ("a b", "ab"), ("v1.4", "v1.5"),
        ("girls", "girl's"),
    ],
)  # fmt: skip
def test_words_that_are_not_there_are_not_found(written: str, searched: str) -> None:
    assert not holds(written, searched)


@given(text)
def test_folding_twice_changes_nothing(anything: str) -> None:
    assert fold(fold(anything)) == fold(anything)


@given(text | odd)
@example("ǰ ΐ ﬃ ½ ㍿ ﷺ")
def test_a_text_is_found_by_each_of_its_words_and_by_what_each_begins_with(written: str) -> None:
    for word in words(written):
        assert all(holds(written, word[:length]) for length in range(1, len(word) + 1))
    assert holds(written, written)


@given(odd, st.data())
def test_a_text_is_found_by_whatever_begins_at_a_part_of_a_word(written: str, data: st.DataObject) -> None:
    parts = sorted(tokens([written]))
    if parts:
        part = data.draw(st.sampled_from(parts))
        assert holds(written, part[: data.draw(st.integers(1, len(part)))])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(searched=anything | odd, fields=st.frozensets(st.sampled_from(["title", "tags", "loras", "prompt"])))
@example('"', frozenset())
@example("NEAR(a b)", frozenset({"title"}))
@example("a* OR NOT ( ^b {c} : d + \\ '' & | ! <->", frozenset({"title", "prompt"}))
@example("\ud800\0 x", frozenset())
@example("a " * 5000 + "日" * 5000, frozenset())
def test_no_search_fails(desk: RecipeDesk, searched: str, fields: frozenset[Field]) -> None:
    if not desk.found():
        desk.save("a quiet harbour", "masterpiece")
    wanted = Wanted(search=searched, fields=fields, tag_include=[searched], tag_exclude=[searched], folder=searched,
                    base_models=[searched], lora_hash=searched, checkpoint_hash=searched)  # fmt: skip
    assert desk.recipes.find(wanted).total == 0
    assert desk.recipes.find(Wanted(search=searched, fields=fields)).total in (0, 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=anything | odd)
def test_what_is_saved_now_is_found_now_by_every_word(desk: RecipeDesk, written: str) -> None:
    saved = desk.save("b", written, tags=[written], loras=[RecipeLora(written or "x", 1.0)])
    assert desk.recipes.get(saved.id) == saved
    for word in words(written)[:40]:
        for field in ("prompt", "tags", "loras"):
            found = desk.recipes.find(Wanted(search=word, fields=frozenset([field])))
            assert saved.id in [recipe.id for recipe in found.items]


def test_only_the_fields_that_are_named_are_searched(desk: RecipeDesk) -> None:
    desk.save("title", "prompt", tags=["tag"], loras=[RecipeLora("lora", 1.0)])
    for word, field in (("title", "title"), ("prompt", "prompt"), ("tag", "tags"), ("lora", "loras")):
        assert desk.found(word) == desk.found(word, fields=frozenset([field])) == ["title"]
        others = frozenset({"title", "tags", "loras", "prompt"}) - {field}
        assert desk.found(word, fields=others) == []
    assert desk.found("title prompt") == ["title"]
    assert desk.found("title prompt", fields=frozenset({"title", "tags"})) == []


@pytest.fixture
def filed(desk: RecipeDesk) -> RecipeDesk:
    desk.save("sea", "waves", tags=["Blue", "Water"], base_model="SDXL 1.0", favorite=True, folder="holiday/2026",
              loras=[INK])  # fmt: skip
    desk.save("hill", "grass", tags=["green"], base_model="Flux", folder="holiday",
              settings=RecipeSettings(checkpoint="base", checkpoint_hash="cd" * 32))  # fmt: skip
    desk.save("room", "waves of light", tags=["blue"], loras=[RecipeLora("neon", 1.0, "ab" * 32)])
    desk.save("holidaying", "grass", folder="holidays")
    return desk


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(base_models=["sdxl 1.0", "flux"]), "sea hill"),
        (Wanted(base_models=["SDXL"]), ""),
        (Wanted(favorite=True), "sea"),
        (Wanted(favorite=False), "hill room holidaying"),
        (Wanted(tag_include=["blue"]), "sea room"),
        (Wanted(tag_include=["blue", "WATER"]), "sea"),
        (Wanted(tag_include=["blu"]), ""),
        (Wanted(tag_exclude=["blue"]), "hill holidaying"),
        (Wanted(tag_exclude=["blue", "green"]), "holidaying"),
        (Wanted(tag_include=["blue"], tag_exclude=["water"]), "room"),
        (Wanted(folder="holiday"), "sea hill"),
        (Wanted(folder="holiday", recursive=False), "hill"),
        (Wanted(folder="holiday/2026"), "sea"),
        (Wanted(folder=""), "sea hill room holidaying"),
        (Wanted(folder="", recursive=False), "room"),
        (Wanted(folder="nowhere"), ""),
        (Wanted(lora_hash="AB" * 5), "sea room"),
        (Wanted(lora_hash="ab" * 32), "sea room"),
        (Wanted(lora_hash="ab" * 4), "sea room"),
        (Wanted(lora_hash="ab" * 5 + "cc"), "sea"),
        (Wanted(lora_hash="abab"), ""),
        (Wanted(lora_hash="cd" * 32), ""),
        (Wanted(checkpoint_hash="cd" * 5), "hill"),
        (Wanted(search="waves", tag_include=["blue"], favorite=True), "sea"),
        (Wanted(search="waves", tag_exclude=["water"], favorite=False), "room"),
        (Wanted(search="wav", base_models=["Flux"]), ""),
    ],
)
def test_all_that_is_asked_for_must_hold(filed: RecipeDesk, wanted: Wanted, found: str) -> None:
    assert [recipe.name for recipe in filed.all_found(wanted, "date:asc")] == found.split()
    assert filed.recipes.find(wanted).total == len(found.split())


def test_a_change_is_found_at_once_and_what_was_before_no_longer(desk: RecipeDesk) -> None:
    saved = desk.save("old", "dawn", tags=["grey"], favorite=True)
    desk.recipes.change(saved.id, RecipeChange(name="new", tags=["red"], favorite=False, folder="x"))
    assert (
        desk.found("new") == desk.found("dawn") == desk.found(tag_include=["red"]) == desk.found(folder="x") == ["new"]
    )
    assert (
        desk.found("old") == desk.found("grey") == desk.found(tag_include=["grey"]) == desk.found(favorite=True) == []
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("search", ["", "fog"])
def test_each_recipe_is_shown_once_under_every_order_also_while_others_save(
    desk: RecipeDesk, order: str, search: str
) -> None:
    for number in range(23):
        saved = desk.save("abc"[number % 3], "fog", loras=[INK] * (number % 4))
        if number % 5 == 0:
            desk.recipes.opened(saved.id)
    before = {recipe.id for recipe in desk.recipes.all()}
    wanted, cursor, seen = Wanted(search=search), None, []
    while True:
        page = desk.recipes.find(wanted, order=order, page_size=4, cursor=cursor)
        seen += [recipe.id for recipe in page.items]
        desk.save("b", "fog", loras=[INK])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert before <= set(seen)
    numbered = [recipe.id for at in range(1, 20) for recipe in
                desk.recipes.find(wanted, order=order, page=at, page_size=4).items]  # fmt: skip
    assert len(numbered) == len(set(numbered)) == desk.recipes.find(wanted).total == sum(1 for _ in desk.recipes.all())


def test_orders_are_what_they_say(desk: RecipeDesk) -> None:
    for name, count in (("b", 1), ("A", 3), ("é", 0), ("c", 2)):
        desk.save(name, loras=[INK] * count)
    ids = {recipe.name: recipe.id for recipe in desk.recipes.all()}
    assert desk.found(order="date:asc") == ["b", "A", "é", "c"] == desk.found(order="date")[::-1]
    assert desk.found(order="name") == ["A", "b", "c", "é"] == desk.found(order="name:desc")[::-1]
    assert desk.found(order="loras_count") == ["A", "c", "b", "é"] == desk.found(order="loras_count:asc")[::-1]
    desk.recipes.opened(ids["c"])
    desk.clock.advance(timedelta(seconds=1))
    desk.recipes.opened(ids["b"])
    assert desk.found(order="opened")[:2] == ["b", "c"]
    assert desk.found(order="opened:asc")[2:] == ["c", "b"]


def test_a_random_order_is_the_same_for_the_same_seed_and_another_for_another(desk: RecipeDesk) -> None:
    for number in range(30):
        desk.save(f"{number:02}")
    shown = {seed: tuple(desk.found(order=f"random:{seed}")) for seed in range(20)}
    assert shown == {seed: tuple(desk.found(order=f"random:{seed}")) for seed in range(20)}
    assert len(set(shown.values())) == 20
    # Every third place is taken by early and late ones alike: a shuffle, not a rotation.
    assert len({order[0] for order in shown.values()}) > 8
    assert desk.found(order="random:7:desc") == list(shown[7])[::-1]


@pytest.mark.parametrize("order", ["", "size", "date:up", "random", "name:asc:desc", "date:"])
def test_an_unknown_order_is_refused_by_name(lite: RecipeDesk, order: str) -> None:
    with pytest.raises(InvalidInput, match="random:SEED") as refused:
        lite.recipes.find(Wanted(), order=order)
    assert refused.value.field == "sort"


@given(order=st.sampled_from(ORDERS), cursor=st.text(min_size=1) | st.binary(min_size=1).map(lambda raw: raw.hex()))
@example("date", "WzEsMl0")
@example("name", "W10")
@example("date", "WyJkYXRlIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCwgMV0")
def test_what_is_no_cursor_is_refused(order: str, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="next_cursor") as refused:
        ordering(order).place(cursor)
    assert refused.value.field == "cursor"


def test_a_cursor_of_another_order_is_refused(lite: RecipeDesk) -> None:
    for name in "abc":
        lite.save(name)
    cursor = lite.recipes.find(Wanted(), order="date", page_size=1).next_cursor
    for order in ("date:asc", "name", "random:1"):
        with pytest.raises(InvalidInput, match="same sort"):
            lite.recipes.find(Wanted(), order=order, cursor=cursor)


def test_a_cursor_goes_on_behind_a_recipe_that_has_been_deleted(desk: RecipeDesk) -> None:
    saved = [desk.save(name) for name in "abcde"]
    page = desk.recipes.find(Wanted(), order="name", page_size=2)
    desk.recipes.delete([saved[1].id, saved[2].id])
    rest = desk.recipes.find(Wanted(), order="name", cursor=page.next_cursor)
    assert [recipe.name for recipe in rest.items] == ["d", "e"]
