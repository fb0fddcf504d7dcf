"""The step library as a whole: every sentence is used, every used one defined, and looking one up is cheap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cucumber_expressions.ast import Node, NodeType
from cucumber_expressions.expression_parser import CucumberExpressionParser
from hypothesis import given as holds_for
from hypothesis import strategies as st

from support import bdd, dialect, scenarios
from support.parameter_types import Bytes, TwinTypes, parameter_type

ROOT = Path(__file__).resolve().parent.parent
FEATURES = scenarios.feature_files(ROOT)


def sentences() -> Iterator[tuple[str, str, str]]:
    """Every sentence of every scenario: where it stands, its kind, its text."""
    for path in FEATURES:
        for pickle in dialect.pickles(path, str(path)):
            for step in pickle["steps"]:
                yield f"{path.name}: {pickle['name']}", dialect.KEYWORD_TYPES[step["type"]], step["text"]


def test_every_sentence_of_every_feature_has_one_definition() -> None:
    bdd.load()
    wrong = {
        f"{where}: {text}": len(found)
        for where, kind, text in sentences()
        if len(found := bdd.LIBRARY.matching(kind, text)) != 1
    }
    assert not wrong


def test_every_definition_is_used_by_some_feature() -> None:
    bdd.load()
    used = {bdd.LIBRARY.find(kind, text).where for _, kind, text in sentences()}
    unused = {d.where: d.pattern for d in bdd.LIBRARY.definitions if d.where not in used}
    assert not unused, "no feature says this: write the scenario or remove the definition"


def test_a_lookup_tries_as_few_definitions_with_500_as_with_5() -> None:
    """Counted, not timed: how many patterns are tried for one sentence."""

    def tried(count: int) -> int:
        library = bdd.StepLibrary()
        for number in range(count):
            library.add(bdd.define("given", f"{{string}} has thing{number} of {{int}}", _takes_two))
        return len(library.candidates("given", '"x" has thing3 of 7'))

    assert tried(5) == tried(500) == 1


def _takes_two(world: object, name: str, count: int) -> None:
    """A step's function."""


@holds_for(st.text(max_size=60))
def test_the_index_finds_whatever_trying_all_definitions_finds(text: str) -> None:
    library = bdd.StepLibrary()
    for pattern in ("{string} is complete", "a picture of {string}", "{int} file(s) gone/lost", "it is refused"):
        library.add(bdd.define("then", pattern, _takes_one if "{" in pattern else _takes_none))
    for sentence in (text, f'"{text}" is complete', f"a picture of '{text}'", "3 files lost", "1 file gone"):
        slow = [d for d in library.definitions if d.expression.match(sentence) is not None]
        assert library.matching("then", sentence) == slow


def _takes_one(world: object, value: object) -> None:
    """A step's function."""


def _takes_none(world: object) -> None:
    """A step's function."""


def test_a_value_keeps_its_unit() -> None:
    library = bdd.StepLibrary()
    library.add(bdd.define("given", "a file of {size}", _takes_one))
    found = library.find("given", "a file of 1.5 MB")
    assert found.match("a file of 1.5 MB") == {"value": Bytes(1_500_000)}


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_every_feature_is_in_the_dialect(path: Path) -> None:
    dialect.check(path)


def test_a_pattern_that_is_not_parsed_at_the_start_means_what_the_parser_makes_of_it() -> None:
    for definition in bdd.load():
        parsed_types = list(definition.expression.parameter_types)
        assert parsed_types == bdd.parameter_types_of(definition.pattern), definition.pattern
        parsed = [node.text if node.ast_type == NodeType.TEXT else "\0" for node in _parsed(definition.pattern).nodes]
        certain = tuple(word for word in "".join(parsed).split() if "\0" not in word)
        assert bdd.certain_words(definition.pattern) == certain, definition.pattern


def _parsed(pattern: str) -> Node:
    return CucumberExpressionParser().parse(pattern)


def test_two_types_of_one_name_are_refused() -> None:
    def first(text: str) -> str:
        return text

    def second(text: str) -> str:
        return text

    parameter_type("never said", name="seldom", suggested=False)(first)
    with pytest.raises(TwinTypes, match=r"\{seldom\} is defined by .*first and by .*second"):
        parameter_type("nor this", name="seldom", suggested=False)(second)
