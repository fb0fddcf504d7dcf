"""A sentence's table becomes what its step asks for, or a message that names the column and the row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from support.parameter_types import Bytes, Percent, Sides, in_words
from support.tables import Table, TableError, typed


@dataclass
class Row:
    """One row of every kind of value."""

    name: str
    size: Bytes
    wait: timedelta
    share: Percent
    sides: Sides
    count: int
    whole: bool = True


HEADS = ["name", "size", "Wait", "share", "sides", "count"]
CELLS = ["a", "1.5 KB", "2 minutes", "40 %", "512×768", "3"]


def test_a_row_is_typed_by_its_columns() -> None:
    expected = Row("a", Bytes(1500), timedelta(minutes=2), Percent(40.0), Sides(512, 768), 3)
    assert typed([HEADS, CELLS], list[Row]) == [expected]


def test_yes_and_no_are_truth_values() -> None:
    assert not typed([[*HEADS, "whole"], [*CELLS, "no"]], list[Row])[0].whole


def test_without_a_type_rows_are_dictionaries() -> None:
    table = typed([["a", "b"], ["1", "2"]], None)
    assert isinstance(table, Table)
    assert (table.heads, table) == (["a", "b"], [{"a": "1", "b": "2"}])


def test_two_columns_can_be_pairs() -> None:
    assert typed([["seed", "7"], ["size", "1×1"]], dict[str, str]) == {"seed": "7", "size": "1×1"}


@pytest.mark.parametrize(
    ("cells", "wanted", "message"),
    [
        ([HEADS, ["a", "big", *CELLS[2:]]], list[Row], "row 1, column 'size': 'big' is no Bytes"),
        ([[*HEADS, "hue"], [*CELLS, "x"]], list[Row], "column 'hue' is not one of name, size"),
        ([HEADS[:3], CELLS[:3]], list[Row], "column(s) share, sides, count missing"),
        ([["a", "a"], ["1", "2"]], None, "a column stands twice"),
        ([["a", "b", "c"]], dict[str, str], "the table must have two columns"),
    ],
)
def test_a_table_that_does_not_fit_says_where(cells: list[list[str]], wanted: object, message: str) -> None:
    with pytest.raises(TableError, match=r".") as refused:
        typed(cells, wanted)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(120, "2 minutes"), (1, "1 second"), (0.5, "0.5 seconds"), (90, "90 seconds"), (0, "0 seconds")],
)
def test_a_length_of_time_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
