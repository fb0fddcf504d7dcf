"""A sentence's table, typed: rows as dictionaries, or as the step's own dataclass."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin, get_type_hints

from support.parameter_types import TYPES


class TableError(Exception):
    """A table does not have the columns or the values that its step needs."""


class Table(list[dict[str, str]]):
    """Rows as dictionaries by head; `.heads` is the header row. The same object under both runners."""

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        super().__init__(dict(zip(heads, row, strict=True)) for row in rows)
        self.heads = list(heads)


def typed(cells: list[list[str]], wanted: Any) -> Any:
    """The table as the step's annotation wants it: Table by default, `list[Row]`, or `dict[str, str]`.

    cells: all rows, the heads first. `dict[str, str]` reads a table of two columns without heads.
    Raises TableError naming the column and row at fault.
    """
    if get_origin(wanted) is dict:
        return _pairs(cells)
    heads, *rows = cells
    if len(set(heads)) < len(heads):
        raise TableError(f"a column stands twice in {heads}")
    if get_origin(wanted) is list and dataclasses.is_dataclass(row_type := get_args(wanted)[0]):
        return [_row(row_type, heads, row, number) for number, row in enumerate(rows, 1)]
    return Table(heads, rows)


def _pairs(cells: list[list[str]]) -> dict[str, str]:
    if any(len(row) != 2 for row in cells):
        raise TableError("the table must have two columns: what, and its value")
    return dict(cells)


def _row(row_type: Any, heads: list[str], row: list[str], number: int) -> Any:
    hints = get_type_hints(row_type)
    known = {f.name: f for f in dataclasses.fields(row_type)}
    values = {}
    for head, cell in zip(heads, row, strict=True):
        name = head.strip().lower().replace(" ", "_").replace("-", "_")
        if name not in known:
            raise TableError(f"column {head!r} is not one of {', '.join(known)}")
        try:
            values[name] = _converter(hints[name])(cell)
        except (ValueError, KeyError) as error:
            raise TableError(f"row {number}, column {head!r}: {cell!r} is no {_name(hints[name])}") from error
    missing = [
        f.name
        for f in known.values()
        if f.name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise TableError(f"column(s) {', '.join(missing)} missing; the table has {', '.join(heads)}")
    return row_type(**values)


def _name(wanted: Any) -> str:
    return str(getattr(wanted, "__name__", wanted))


def _converter(wanted: Any) -> Callable[[str], Any]:
    if wanted is bool:
        return {"yes": True, "no": False}.__getitem__
    for parameter_type in TYPES.parameter_types:
        if parameter_type.type is wanted and wanted not in (int, str, float):
            return lambda cell: _by_parameter_type(parameter_type, cell)
    return wanted  # type: ignore[no-any-return]


def _by_parameter_type(parameter_type: Any, cell: str) -> Any:
    for regexp in parameter_type.regexps:
        if match := re.fullmatch(regexp, cell.strip()):
            return parameter_type.transform(list(match.groups()) or [cell.strip()])
    raise ValueError(cell)
