"""A recipe's fingerprint: equal for the same models at the same strengths, and for nothing else."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.recipes.fingerprint import fingerprint
from app.recipes.recipe import RecipeLora

entries = st.fixed_dictionaries(
    {},
    optional={
        "hash": st.none() | st.text("abcDEF01", max_size=4),
        "modelVersionId": st.none() | st.integers(1, 3),
        "strength": st.none() | st.floats(-9, 9),
        "weight": st.none() | st.floats(-9, 9),
        "exclude": st.booleans(),
    },
)


def test_the_example_of_the_specification() -> None:
    loras: list[dict[str, Any]] = [
        {"hash": "ABC", "strength": 0.1234},
        {"hash": "", "modelVersionId": 42, "strength": 0.5},
        {"hash": "def", "weight": 0.345},
        {"hash": "skip", "exclude": True},
    ]
    assert fingerprint(loras) == "42:0.5|abc:0.12|def:0.34"


@given(st.lists(entries, max_size=6).flatmap(lambda loras: st.tuples(st.just(loras), st.permutations(loras))))
def test_it_does_not_depend_on_the_order(both: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    assert fingerprint(both[0]) == fingerprint(both[1])


@given(st.lists(entries, max_size=6))
def test_what_is_excluded_or_has_no_key_says_nothing(loras: list[dict[str, Any]]) -> None:
    said = [lora for lora in loras if not lora.get("exclude") and (lora.get("hash") or lora.get("modelVersionId"))]
    assert fingerprint(loras) == fingerprint(said)
    assert (fingerprint(loras) == "") == (not said)
    assert fingerprint(loras).count("|") == max(len(said) - 1, 0)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"hash": "a"}, "a:1.0"),
        ({"hash": "a", "strength": None}, "a:1.0"),
        ({"hash": "a", "strength": None, "weight": 0.25}, "a:0.25"),
        ({"hash": "a", "strength": 0.5, "weight": 0.25}, "a:0.5"),
        ({"hash": "a", "strength": 0}, "a:0.0"),
        ({"hash": "a", "strength": -0.001}, "a:0.0"),
        ({"hash": "a", "strength": "0.70"}, "a:0.7"),
        ({"hash": None, "modelVersionId": 7}, "7:1.0"),
        ({"hash": "", "model_version_id": 7}, "7:1.0"),
        ({"hash": "a", "modelVersionId": 7}, "a:1.0"),
        ({"strength": 1}, ""),
        ({"hash": "a", "exclude": True}, ""),
        ({"hash": "a", "excluded": True}, ""),
    ],
)
def test_defaults_and_other_names(entry: dict[str, Any], expected: str) -> None:
    assert fingerprint([entry]) == expected


@pytest.mark.parametrize("strength", [math.nan, math.inf, -math.inf, "much", [], 10**400], ids=repr)
@pytest.mark.parametrize("name", ["strength", "weight"])
def test_a_strength_that_is_no_finite_number_is_refused(name: str, strength: object) -> None:
    with pytest.raises(InvalidInput, match="finite") as refused:
        fingerprint([{"hash": "a", name: strength}])
    assert refused.value.field == "loras"


def test_a_recipes_own_loras_are_understood() -> None:
    loras = [RecipeLora("ink", 0.8, "AB"), RecipeLora("neon", 1.0, None, 42), RecipeLora("out", 1.0, "cd", None, True)]
    assert fingerprint([asdict(lora) for lora in loras]) == "42:1.0|ab:0.8"
