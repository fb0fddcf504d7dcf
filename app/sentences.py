"""What was wrong with an input, said so that a product owner can quote it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

LONGEST_QUOTE = 40

_Context = Mapping[str, Any]
_SENTENCES: dict[str, Callable[[_Context], str]] = {
    "missing": lambda c: "is missing",
    "extra_forbidden": lambda c: "is not a known field",
    "multiple_of": lambda c: f"must be a multiple of {_limit(c['multiple_of'])}",
    "greater_than": lambda c: f"must be greater than {_limit(c['gt'])}",
    "greater_than_equal": lambda c: f"must be at least {_limit(c['ge'])}",
    "less_than": lambda c: f"must be less than {_limit(c['lt'])}",
    "less_than_equal": lambda c: f"must be at most {_limit(c['le'])}",
    "finite_number": lambda c: "must be a finite number",
    "int_type": lambda c: "must be a whole number",
    "int_parsing": lambda c: "must be a whole number",
    "int_from_float": lambda c: "must be a whole number",
    "float_type": lambda c: "must be a number",
    "float_parsing": lambda c: "must be a number",
    "string_type": lambda c: "must be text",
    "string_unicode": lambda c: "holds half a character, which cannot be written in UTF-8",
    "string_too_short": lambda c: f"must have at least {_count(c['min_length'], 'character')}",
    "string_too_long": lambda c: f"must have at most {_count(c['max_length'], 'character')}",
    "bool_type": lambda c: "must be true or false",
    "bool_parsing": lambda c: "must be true or false",
    "literal_error": lambda c: f"must be {c['expected']}",
    "list_type": lambda c: "must be a list",
    "too_long": lambda c: f"must have at most {_count(c['max_length'], 'item')}",
    "dict_type": lambda c: "must be an object",
    "model_type": lambda c: "must be an object",
    "model_attributes_type": lambda c: "must be an object",
    "json_invalid": lambda c: f"is not JSON: {c['error']}",
    "control_character": lambda c: f"holds the control character {c['code']}, which no text needs",
    "blank": lambda c: "must not be blank",
}
# Their sentences already say all, or the value is the whole input.
_WITHOUT_VALUE = {
    "missing", "extra_forbidden", "string_too_short", "string_too_long", "string_unicode", "json_invalid", "list_type",
    "too_long", "control_character", "blank", "dict_type", "model_type", "model_attributes_type",
}  # fmt: skip


def sentence(field: str, error: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a sentence: `width must be a multiple of 16, 100 is not`.

    field: the input in dotted form. A ValueError of ours that names the field already is left as it is.
    """
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind not in _SENTENCES:
        message = str(error["msg"]).removeprefix("Value error, ")
        known = message == field or message.startswith(f"{field} ")
        return message if known else f"{field}: {message[:1].lower()}{message[1:]}"
    said = f"{field} {_SENTENCES[kind](context)}"
    if kind in _WITHOUT_VALUE:
        return said
    return f"{said}, {_quoted(error.get('input'))} is not"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _limit(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


def _quoted(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    shown = str(value) if isinstance(value, int | float) else repr(value)
    return shown if len(shown) <= LONGEST_QUOTE else f"{shown[:LONGEST_QUOTE]}…"


def _clean(value: str) -> str:
    for character in value:
        kind = unicodedata.category(character)
        if kind == "Cs":
            raise PydanticCustomError("string_unicode", "half a character")
        if kind == "Cc" and character not in "\n\t":
            raise PydanticCustomError("control_character", "{code}", {"code": f"U+{ord(character):04X}"})
    return value


def _said(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "blank")
    return value


CLEAN = AfterValidator(_clean)
"""Text has no control character, newline and tab apart, and can be written in UTF-8."""

SAID = AfterValidator(_said)
"""Text says something."""
