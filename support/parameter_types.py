"""The values that sentences speak of: sizes, durations, percentages, pictures' sides, moments.

A parameter type makes `{name}` usable in patterns and its Python type usable in typed tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NewType, TypeVar, get_type_hints

from cucumber_expressions.parameter_type import ParameterType
from cucumber_expressions.parameter_type_registry import ParameterTypeRegistry

TYPES = ParameterTypeRegistry()
F = TypeVar("F", bound=Callable[..., Any])

Bytes = NewType("Bytes", int)
Percent = NewType("Percent", float)

# Sizes as people who download models read them: decimal, as the hubs print them.
UNITS = {"byte": 1, "bytes": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
SECONDS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True)
class Sides:
    """A picture's size, in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"


class TwinTypes(Exception):
    """Two parameter types have one name, of which each sentence would be read with the one that came first."""


_DEFINED: dict[str, str] = {}


def parameter_type(regexp: str, *, name: str | None = None, suggested: bool = True) -> Callable[[F], F]:
    """Make `{function's name}` usable in patterns; the function's return annotation is the value's type.

    suggested: whether an undefined sentence may be written with it; not for a pattern that fits almost any word.
    """

    def define(func: F) -> F:
        key = name or func.__name__
        where = f"{func.__module__}.{func.__qualname__}"
        if _DEFINED.setdefault(key, where) != where:
            raise TwinTypes(f"{{{key}}} is defined by {_DEFINED[key]} and by {where}: give one of them another name")
        if TYPES.lookup_by_type_name(key) is None:
            value_type = get_type_hints(func).get("return", object)
            TYPES.define_parameter_type(ParameterType(key, regexp, value_type, func, suggested, False))
        return func

    return define


@parameter_type(r"\d+(?:\.\d+)? (?:bytes?|KB|MB|GB)")
def size(text: str) -> Bytes:
    """`4 KB`, `1.5 GB`: a number of bytes, in powers of ten."""
    number, unit = text.split()
    return Bytes(round(float(number) * UNITS[unit]))


@parameter_type(r"\d+(?:\.\d+)? (?:millisecond|second|minute|hour|day)s?")
def duration(text: str) -> timedelta:
    """`2 seconds`, `1 hour`."""
    number, unit = text.split()
    return timedelta(seconds=float(number) * SECONDS[unit.removesuffix("s")])


def in_words(length: timedelta) -> str:
    """A length of time as people say it: `2 minutes`, `1.5 seconds`."""
    seconds = length.total_seconds()
    unit = next((u for u in ("day", "hour", "minute") if seconds >= SECONDS[u] and not seconds % SECONDS[u]), "second")
    count = seconds / SECONDS[unit]
    return f"{count:.3g} {unit}{'' if count == 1 else 's'}"


@parameter_type(r"\d+(?:\.\d+)? ?%")
def percent(text: str) -> Percent:
    """`40 %`: a share of a hundred."""
    return Percent(float(text.rstrip("% ")))


@parameter_type(r"\d+ ?[×x] ?\d+")
def sides(text: str) -> Sides:
    """`512×768`: a picture's width and height, in pixels."""
    width, height = re.split(r"\s*[×x]\s*", text)
    return Sides(int(width), int(height))


@parameter_type("one|two|three|four|five|six|seven|eight|nine|ten")
def number(text: str) -> int:
    """A count in words, as sentences read best."""
    return ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].index(text)


@parameter_type("red|green|blue|yellow|orange|purple|white|black")
def colour(text: str) -> str:
    """A colour word that a picture can be checked for."""
    return text


@parameter_type("once|twice|(?:three|four|five) times")
def times(text: str) -> int:
    """`once`, `twice`, `five times`: how often, in words."""
    return ("never", "once", "twice", "three", "four", "five").index(text.removesuffix(" times"))


@parameter_type("circle|square|triangle")
def shape(text: str) -> str:
    """A shape word that a picture can be checked for."""
    return text


@parameter_type(r"-?\d+(?:\.\d+)?")
def amount(text: str) -> float:
    """`7`, `-0.5`: a number as a request holds it, whole where it is written so."""
    return float(text) if "." in text else int(text)


@parameter_type("PNG|JPEG|WEBP")
def kind(text: str) -> str:
    """The kinds of files that pictures come as."""
    return text


@parameter_type("completed|failed|cancelled")
def end(text: str) -> str:
    """How a job may end."""
    return text


@parameter_type("was completed|failed|was cancelled|was skipped")
def became(text: str) -> str:
    """What became of a job or a download, as one says it."""
    return text.removeprefix("was ")


@parameter_type("kept|kept no longer")
def keeping(text: str) -> str:
    """What may have become of a picture."""
    return text


@parameter_type("first|second")
def which(text: str) -> str:
    """One of several servers."""
    return text


@parameter_type("second|third|fourth")
def place(text: str) -> int:
    """One of several pictures, counted from one."""
    return ("first", "second", "third", "fourth").index(text) + 1


@parameter_type("as an uploaded file|by its address")
def way(text: str) -> str:
    """How a reference may come, other than inside the request."""
    return text


@parameter_type("a node breaks|the disk is full|the workflow is refused|no checkpoint is left")
def trouble(text: str) -> str:
    """What may happen at a ComfyUI server that another attempt would not mend."""
    return text


@parameter_type("a job that never was|the picture of a job that never was")
def nothing(text: str) -> str:
    """What can be looked for in vain."""
    return text


@parameter_type(
    "a blank prompt|no prompt at all|a prompt of 200,000 letters|control characters in its prompt|"
    "a guidance that is no number|a number of steps in words|half a picture more|a field that does not exist|"
    "a kind of file that does not exist|an urgency that does not exist"
)
def oddity(text: str) -> str:
    """What a request may hold that no picture can be made of."""
    return text


@parameter_type("an empty file|a web page|half a picture|a picture of far too many pixels|a character nobody described")
def no_reference(text: str) -> str:
    """What people send where a reference picture was asked for."""
    return text


@parameter_type("its sign-in page|an empty file|a damaged model|a pickle|other bytes")
def mischief(text: str) -> str:
    """What a hub may send where a model was asked for."""
    return text


@parameter_type(
    "an empty file|a web page|half a picture|a picture of far too many pixels|a picture of far too many bytes"
)
def no_picture(text: str) -> str:
    """What people upload where a picture was asked for."""
    return text


@parameter_type("SHA-256|SHA-256 in capital letters|AutoV2 hash|AutoV3 hash", name="hash")
def hash_form(text: str) -> str:
    """The hashes that pictures and hubs name models by."""
    return text
