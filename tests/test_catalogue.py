"""The catalogue in memory: after any changes it answers as one that is made anew from what is left."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput, NotFound
from app.library.catalogue import MANY, Catalogue
from app.library.groups import ORDERS
from app.library.listing import Order, Wanted, page_of
from app.library.model import Model
from app.library.search import is_found
from app.library.service import Library
from app.library.store import Store
from app.model_files import ModelKind
from support.clock import NOON
from tests.shelf_of_models import LORAS, Home, entry

NAMES = ("neon", "Neon", "neon-city", "rain", "日本", "v1.5")
MODELS = st.builds(
    lambda name, folder, content, facts: entry(name, folder=folder, sha256=content, **facts),
    st.sampled_from(NAMES),
    st.sampled_from(("", "a", "a/b", "ab")),
    st.sampled_from("12345"),
    st.fixed_dictionaries(
        {},
        optional={
            "autov3": st.sampled_from(("a" * 12, "b" * 12)),
            "base_model": st.sampled_from(("SDXL 1.0", "Pony")),
            "tags": st.sampled_from(((), ("Oil",), ("oil", "rain"))),
            "favorite": st.booleans(),
            "mature": st.booleans(),
            "excluded": st.booleans(),
            "model_version_id": st.integers(1, 3),
            "size_bytes": st.integers(0, 3),
            "added_at": st.sampled_from((NOON, NOON + timedelta(days=1))),
            "kind": st.sampled_from((LORAS, ModelKind.CHECKPOINTS)),
        },
    ),
)
CHANGES = st.lists(st.lists(st.tuples(st.booleans(), MODELS), min_size=1, max_size=4), max_size=12)
WANTED = st.builds(
    Wanted,
    search=st.none() | st.sampled_from(("neon", "noen", "oil", "")),
    base_models=st.sampled_from(((), ("pony",), ("Pony", "SDXL 1.0"))),
    tags=st.sampled_from(((), ("OIL",), ("oil", "rain"))),
    favorite=st.none() | st.booleans(),
    mature=st.none() | st.booleans(),
    folder=st.none() | st.sampled_from(("", "a", "a/", "a/b", "b")),
    recursive=st.booleans(),
    excluded=st.booleans(),
)


def is_wanted(model: Model, wanted: Wanted) -> bool:
    """What a filter means, said plainly."""
    folder = None if wanted.folder is None else wanted.folder.strip("/")
    inside = folder is None or model.folder == folder
    deeper = wanted.recursive and folder is not None and (not folder or model.folder.startswith(f"{folder}/"))
    return (
        model.excluded is wanted.excluded
        and (wanted.search is None or is_found(model, wanted.search))
        and (not wanted.base_models or model.base_model.lower() in {name.lower() for name in wanted.base_models})
        and {tag.lower() for tag in wanted.tags} <= {tag.lower() for tag in model.tags}
        and (wanted.favorite is None or model.favorite is wanted.favorite)
        and (wanted.mature is None or model.mature is wanted.mature)
        and (inside or deeper)
    )


@given(changes=CHANGES, wanted=st.lists(WANTED, min_size=1, max_size=3), order=st.sampled_from(sorted(ORDERS)))
@settings(max_examples=80)
def test_after_any_changes_every_answer_is_that_of_what_is_left(
    changes: list[list[tuple[bool, Model]]], wanted: list[Wanted], order: str
) -> None:
    catalogue, left = Catalogue([]), dict[str, Model]()
    for change in changes:
        catalogue.part(LORAS, order, 0, 1, choose=lambda group: [group.found("neon"), group.marked("tag", "oil")])
        put = {model.id: model for stays, model in change if stays}
        dropped = {model.id for stays, model in change if not stays} - put.keys()
        catalogue.apply(list(put.values()), dropped)
        left = {key: model for key, model in left.items() if key not in dropped} | put
    seen = [model for model in left.values() if not model.excluded]
    fresh = Catalogue(left.values())
    for model in seen:
        for sum_ in (model.sha256, model.autov2, model.autov3 or "none"):
            assert catalogue.by_sum.get(sum_) == fresh.by_sum.get(sum_)
        for kind in (None, *ModelKind):
            assert catalogue.named(model.name, kind) == fresh.named(model.name, kind)
    assert catalogue.by_sum.keys() == {s for m in seen for s in (m.sha256, m.autov2, m.autov3) if s}
    for version in (1, 2, 3):
        assert {m.id for m in catalogue.of_version(version)} == {m.id for m in seen if m.model_version_id == version}
    for model in left.values():
        assert catalogue.entry(model.id) is model
        assert catalogue.at(model.kind, model.place) is model
    for one in wanted:
        for descending in (False, True):
            expected = sorted((m for m in left.values() if m.kind == LORAS and is_wanted(m, one)), key=ORDERS[order])
            expected = expected[::-1] if descending else expected
            for begin, end in ((0, 3), (2, 100)):
                page = page_of(catalogue, LORAS, one, (), order=Order(order, descending), begin=begin, end=end)
                assert (page.items, page.total) == (expected[begin:end], len(expected))


def test_many_changes_at_once_are_in_every_order() -> None:
    catalogue = Catalogue([entry("a")])
    assert len(catalogue.ordered(LORAS, "name")) == 1
    catalogue.apply([entry(f"model {number}") for number in range(MANY + 1)], [entry("a").id])
    assert len(catalogue.ordered(LORAS, "name")) == MANY + 1
    assert catalogue.part(LORAS, "name", 0, 9, choose=lambda group: [group.found("2000 model")])[1] == 2, "200, too"


def test_a_few_of_many_are_in_order_too() -> None:
    models = [entry(f"{number:04}", favorite=number % 500 == 0) for number in range(2000)]
    catalogue = Catalogue(models)
    for descending, names in ((False, ["0000", "0500"]), (True, ["1500", "1000"])):
        page = page_of(catalogue, LORAS, Wanted(favorite=True), (), order=Order("name", descending), begin=0, end=2)
        assert ([model.name for model in page.items], page.total) == (names, 4)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("neon-city", ["neon-city"]),
        ("NEON-CITY", ["neon-city"]),
        ("neon-city.safetensors", ["neon-city"]),
        (" neon-city.SAFETENSORS ", ["neon-city"]),
        ("film/old-film", ["old-film"]),
        ("Film\\old-film.safetensors", ["old-film"]),
        ("/film/old-film", ["old-film"]),
        ("old-film", ["old-film", "old-film"]),
        ("art/old-film", ["old-film"]),
        ("art/deep/old-film", []),
        ("film/neon-city", []),
        ("v1.5", ["v1.5"]),
        ("v1.5.safetensors", ["v1.5"]),
        ("v1", []),
        ("neon-city.ckpt", []),
        ("neon", []),
        ("", []),
        ("/", []),
        ("hidden", []),
    ],
)
def test_a_name_means_a_file_in_any_case_with_or_without_its_extension(text: str, found: list[str]) -> None:
    models = [entry("neon-city"), entry("v1.5"), entry("hidden", excluded=True)]
    models += [entry("old-film", folder=folder) for folder in ("film", "art")]
    catalogue = Catalogue(models)
    assert [model.name for model in catalogue.named(text, None)] == found
    assert catalogue.named(text, ModelKind.EMBEDDINGS) == []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def kept(library: Library, *models: Model) -> None:
    with library.changing() as changing:
        changing.put(*models)


def of(home: Home, name: str, **facts: Any) -> Model:
    return entry(name, root=str(home.loras), **facts)


def test_a_bare_name_means_one_model_or_none_and_a_version_one_content(home: Home) -> None:
    with home.library() as library:
        kept(library, of(home, "a", folder="x"), of(home, "a", folder="y"), of(home, "b", model_version_id=7))
        assert library.by_name("a") is None
        assert library.by_name("x/A.safetensors") == library.named("x/a")[0]
        assert library.by_version(7) == library.by_name("b")
        kept(library, of(home, "b", folder="copy", sha256="b", model_version_id=7))
        assert library.by_version(7) is not None, "a copy of the same content leaves no doubt"
        kept(library, of(home, "c", model_version_id=7))
        assert library.by_version(7) is library.by_version(8) is None


def test_a_short_sum_of_different_contents_means_none_of_them(home: Home) -> None:
    with home.library() as library:
        shared = "f" * 12
        kept(library, of(home, "a", autov3=shared), of(home, "b", autov3=shared))
        assert library.known_as(shared) == library.known_as("0xFFFFFFFFFFFF") == ()
        kept(library, of(home, "b", autov3=None))
        assert [model.name for model in library.known_as(" 0xFFFFFFFFFFFF ")] == ["a"]
        assert library.known_as(shared, ModelKind.CHECKPOINTS) == ()


def test_what_is_excluded_is_found_by_its_entry_alone_and_stays_so_after_a_restart(home: Home) -> None:
    model = of(home, "a", excluded=True, autov3="a" * 12, model_version_id=7, tags=("oil",))
    with home.library() as library:
        kept(library, replace(model, excluded=False))
        assert library.get(LORAS, model.id).name == "a"
        kept(library, model)
    for _ in range(2):
        with home.library() as library:
            assert library.page(LORAS).total == library.page(LORAS, Wanted(search="a")).total == 0
            assert library.known_as(model.sha256) == library.known_as(model.autov2) == library.known_as("a" * 12) == ()
            assert library.by_name("a") is library.by_version(7) is None
            assert [m.name for m in library.page(LORAS, Wanted(excluded=True)).items] == ["a"]
            assert library.page(LORAS, Wanted(excluded=True, search="oil")).total == 1
            assert library.entry(LORAS, model.id) == model
            with pytest.raises(NotFound, match="is excluded; include it"):
                library.get(LORAS, model.id)
    with home.library() as library:
        kept(library, replace(model, excluded=False))
        assert library.by_name("a") is not None


def test_an_exception_changes_nothing_neither_here_nor_after_a_restart(home: Home) -> None:
    with home.library() as library:
        kept(library, of(home, "a"))
        with pytest.raises(ZeroDivisionError), library.changing() as changing:
            changing.put(of(home, "b"))
            changing.drop(of(home, "a").id)
            raise ZeroDivisionError
        assert [model.name for model in library.page(LORAS).items] == ["a"]
    with home.library() as library:
        assert [model.name for model in library.page(LORAS).items] == ["a"]


def test_renames_are_told_inside_their_transaction(home: Home) -> None:
    with home.library() as library:
        before = of(home, "a")
        kept(library, before)
        told: list[str] = []
        library.follow_renames(lambda session, renamed: told.append(f"{renamed.before.name} {renamed.after.name}"))
        after = replace(before, name="b", file_name="b.safetensors")

        def refuse(session: object, renamed: object) -> None:
            raise RuntimeError

        with library.changing() as changing:
            changing.put(after)
            changing.tell_renamed(before, after)
        assert told == ["a b"]
        library.follow_renames(refuse)
        with pytest.raises(RuntimeError), library.changing() as changing:
            changing.put(before)
            changing.tell_renamed(after, before)
        assert library.by_name("b") == after


def test_two_models_may_change_places(home: Home) -> None:
    with home.library() as library:
        one, other = of(home, "a"), of(home, "b")
        kept(library, one, other)
        kept(
            library,
            replace(one, name="b", file_name="b.safetensors"),
            replace(other, name="a", file_name="a.safetensors"),
        )
        found = library.by_name("a")
        assert found is not None
        assert found.id == other.id


def test_another_order_than_those_that_there_are_is_refused(home: Home) -> None:
    with home.library() as library:
        for order in ("colour", "name:up", "", ":desc"):
            with pytest.raises(InvalidInput, match="possible: name, date, size") as refused:
                library.page(LORAS, order=order)
            assert refused.value.field == "sort"


def test_threads_that_read_while_others_write_find_what_was_there_before_or_after(home: Home) -> None:
    faults: list[str] = []
    stop = threading.Event()
    steady = of(home, "steady", favorite=True)

    def read(library: Library) -> None:
        while not stop.is_set():
            page = library.page(LORAS, Wanted(favorite=True))
            if [model.name for model in page.items] != ["steady"] or page.total != 1:
                faults.append(f"the list has {page}")
            if len(library.known_as(steady.sha256)) != 1 or library.by_name("steady") is None:
                faults.append("a look-up misses what is there")
            if library.page(LORAS, Wanted(search="steady")).total != 1:
                faults.append("a search misses what is there")

    with home.library() as library:
        kept(library, steady)
        readers = [threading.Thread(target=read, args=(library,)) for _ in range(3)]
        for reader in readers:
            reader.start()
        for number in range(60):
            kept(library, of(home, f"{number}"), replace(steady, notes=str(number)))
            if number % 7 == 0:
                library.settings_changed()
        stop.set()
        for reader in readers:
            reader.join()
        assert faults == []
        assert library.page(LORAS).total == 61


def test_no_look_up_misses_a_model_while_its_entry_is_replaced() -> None:
    class Watched(dict[str, tuple[Model, ...]]):
        """Notices every moment in which a sum stands for fewer models than before."""

        def __setitem__(self, key: str, value: tuple[Model, ...]) -> None:
            missed.extend([key] if len(value) < len(self.get(key, ())) else [])
            super().__setitem__(key, value)

        def pop(self, key: str, *args: Any) -> Any:
            missed.append(key)
            return super().pop(key, *args)

    missed: list[str] = []
    model = entry("a", autov3="a" * 12)
    catalogue = Catalogue([model, entry("copy", sha256="a")])
    catalogue.by_sum = Watched(catalogue.by_sum)
    catalogue.apply([replace(model, favorite=True, folder="x")], [])
    assert missed == []
    catalogue.apply([replace(model, autov3=None)], [])
    assert missed == ["a" * 12]
    catalogue.apply([replace(model, excluded=True)], [])
    assert missed == ["a" * 12, model.sha256, model.autov2]


def test_what_is_written_while_the_catalogue_is_read_is_in_it(home: Home, tmp_path: Path) -> None:
    class Slow(Store):
        """Reads, and has something written before it answers."""

        def load(self, *args: Any, **more: Any) -> Any:
            rows = super().load(*args, **more)
            if not written:
                written.append(True)
                writer = threading.Thread(target=kept, args=(library, of(home, "late")))
                writer.start()
                writer.join()
            return rows

    written: list[bool] = []
    with home.library() as library:
        library._store = Slow(library._store._database)
        assert [model.name for model in library.page(LORAS).items] == ["late"]
