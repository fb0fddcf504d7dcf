"""One step library for two runners: a sentence is written once, found through an index, called in one way.

A step is `def step(world, …)`, sync or async. Its pattern is a Cucumber expression, whose parameters go to
the arguments after `world`, in order. Two more arguments are filled when declared: `table` (annotate it
`Table`, or `list[Row]` with a dataclass `Row` for typed rows) and `text` (the doc string). No runner is
imported here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_type_hints

from cucumber_expressions.ast import NodeType
from cucumber_expressions.errors import CucumberExpressionError
from cucumber_expressions.expression import CucumberExpression
from cucumber_expressions.expression_generator import CucumberExpressionGenerator
from cucumber_expressions.expression_parser import CucumberExpressionParser

from support import tables
from support.parameter_types import TYPES

EXTRAS = ("table", "text")
KINDS = ("given", "when", "then")
# A pattern without options, alternatives and escapes; what its parameters are called.
_PLAIN = re.compile(r"(?:[^{}()/\\]|\{\w+\})+")
_PARAMETER = re.compile(r"\{(\w+)\}")
F = TypeVar("F", bound=Callable[..., Any])


class StepError(Exception):
    """A sentence, or its code, is wrong; the studio is not at fault."""


class UndefinedStep(StepError):
    """No step definition matches the sentence; the message holds a snippet to paste."""


class AmbiguousStep(StepError):
    """More than one step definition matches the sentence."""


class Runs(Protocol):
    """What a step needs of the world that it is called with."""

    def run(self, awaitable: Awaitable[Any]) -> Any: ...


@dataclass(frozen=True)
class StepDefinition:
    """A pattern and its function.

    kind: given, when or then. names: the arguments that the pattern fills. wants: `table`, `text`, or both.
    """

    kind: str
    pattern: str
    func: Callable[..., Any]
    names: tuple[str, ...]
    wants: tuple[str, ...] = ()
    table_type: Any = None

    @cached_property
    def expression(self) -> CucumberExpression:
        """Made when a sentence may be this one: most of a run's definitions are never asked."""
        return CucumberExpression(self.pattern, TYPES)

    @cached_property
    def file(self) -> Path:
        return Path(self.func.__code__.co_filename).resolve()

    @cached_property
    def where(self) -> str:
        file = self.file
        shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
        return f"{shown}:{self.func.__code__.co_firstlineno}"

    def match(self, text: str) -> dict[str, Any] | None:
        """The arguments that `text` gives to the function, or None when it is another sentence."""
        found = self.expression.match(text)
        return None if found is None else dict(zip(self.names, (a.value for a in found), strict=True))


@dataclass
class StepLibrary:
    """All sentences of one kind of suite, indexed so that a look-up costs the same with 5 or with 500.

    Every definition is filed under one word that each of its sentences must contain: of those, the word that
    the fewest definitions share. A sentence is then tried against the few filed under its own words.
    """

    definitions: list[StepDefinition] = field(default_factory=list)
    _by_word: dict[tuple[str, str], list[StepDefinition]] = field(default_factory=dict)
    _found: dict[tuple[str, str], list[StepDefinition]] = field(default_factory=dict)

    def add(self, definition: StepDefinition) -> None:
        """Take a definition in. Raises StepError when another place already has this pattern."""
        for other in self.definitions:
            if (other.kind, other.pattern) == (definition.kind, definition.pattern):
                if other.where == definition.where:
                    return  # the same file read twice, as behave does with everything in steps/
                raise StepError(
                    f"{definition.where}: @{definition.kind}({definition.pattern!r}) is already defined at "
                    f"{other.where}: keep one of the two"
                )
        self.definitions.append(definition)
        self._by_word.clear()
        self._found.clear()

    def matching(self, kind: str, text: str) -> list[StepDefinition]:
        """Every definition of `kind` that matches the sentence; more than one is a fault of the library."""
        key = (kind, text)
        if key not in self._found:
            self._found[key] = [d for d in self.candidates(kind, text) if d.expression.match(text) is not None]
        return self._found[key]

    def candidates(self, kind: str, text: str) -> list[StepDefinition]:
        """The definitions filed under one of the sentence's words: no other can match."""
        if not self._by_word:
            self._file()
        words = dict.fromkeys(("", *text.split()))
        return [d for word in words for d in self._by_word.get((kind, word), ())]

    def _file(self) -> None:
        shared = Counter((d.kind, word) for d in self.definitions for word in certain_words(d.pattern))
        for definition in self.definitions:
            keys = [(definition.kind, word) for word in certain_words(definition.pattern)]
            key = min(keys, key=shared.__getitem__, default=(definition.kind, ""))
            self._by_word.setdefault(key, []).append(definition)

    def find(self, kind: str, text: str) -> StepDefinition:
        """The one definition of a sentence. Raises UndefinedStep or AmbiguousStep, each saying what to do."""
        found = self.matching(kind, text)
        if len(found) == 1:
            return found[0]
        if found:
            places = "\n".join(f"  {d.where}: @{d.kind}({d.pattern!r})" for d in found)
            raise AmbiguousStep(
                f"{len(found)} definitions match “{kind.title()} {text}”:\n{places}\n"
                "Reword one of them, so that each sentence means one thing."
            )
        raise UndefinedStep(f"no definition matches “{kind.title()} {text}”. Add to steps/:\n\n{snippet(kind, text)}")


LIBRARY = StepLibrary()


def given(pattern: str) -> Callable[[F], F]:
    """A sentence that says what the world is like."""
    return _register("given", pattern)


def when(pattern: str) -> Callable[[F], F]:
    """A sentence that does what the scenario is about."""
    return _register("when", pattern)


def then(pattern: str) -> Callable[[F], F]:
    """A sentence that checks what must be true."""
    return _register("then", pattern)


def _register(kind: str, pattern: str) -> Callable[[F], F]:
    def keep(func: F) -> F:
        LIBRARY.add(define(kind, pattern, func))
        return func

    return keep


def define(kind: str, pattern: str, func: Callable[..., Any]) -> StepDefinition:
    """A step definition whose pattern and function agree. Raises StepError when they do not."""
    where = f"{Path(func.__code__.co_filename).name}:{func.__code__.co_firstlineno}"
    parameters = list(inspect.signature(func).parameters)
    if not parameters or parameters[0] != "world":
        raise StepError(f"{where}: the first argument of a step is `world`, as in `def step(world, …)`")
    try:
        types = parameter_types_of(pattern)
    except CucumberExpressionError as error:
        raise StepError(f"{where}: {pattern!r} is not a Cucumber expression: {error}") from error
    names = tuple(name for name in parameters[1:] if name not in EXTRAS)
    wanted = [f"{{{t.name}}}" for t in types]
    if len(wanted) != len(names):
        raise StepError(
            f"{where}: {pattern!r} gives {len(wanted)} value(s) ({', '.join(wanted) or 'none'}), "
            f"but the function takes {len(names)} ({', '.join(names) or 'none'}): make them equal"
        )
    hints = get_type_hints(func)
    for name, parameter_type in zip(names, types, strict=True):
        _agree(where, pattern, name, hints.get(name), parameter_type)
    wants = tuple(name for name in parameters if name in EXTRAS)
    return StepDefinition(kind, pattern, func, names, wants, hints.get("table"))


def parameter_types_of(pattern: str) -> list[Any]:
    """The types of a pattern's parameters, in order. Raises CucumberExpressionError.

    A pattern of words and known parameters alone is an expression for certain, and is not parsed: parsing all of
    them costs a second at every start.
    """
    types = [TYPES.lookup_by_type_name(name) for name in _PARAMETER.findall(pattern)]
    if _PLAIN.fullmatch(pattern) and all(types):
        return types
    return list(CucumberExpression(pattern, TYPES).parameter_types)


def _agree(where: str, pattern: str, name: str, hint: Any, parameter_type: Any) -> None:
    given_type = parameter_type.type
    plain = getattr(hint, "__supertype__", hint)
    if hint is None or not isinstance(plain, type) or given_type is object:
        return
    if not issubclass(getattr(given_type, "__supertype__", given_type), plain):
        raise StepError(
            f"{where}: {pattern!r} gives {{{parameter_type.name}}}, which is {given_type.__name__}, "
            f"but the function's {name!r} is annotated {plain.__name__}: change one of the two"
        )


@cache
def certain_words(pattern: str) -> tuple[str, ...]:
    """The words that every sentence of the pattern contains: outside parameters, options, alternatives."""
    if _PLAIN.fullmatch(pattern):
        return tuple(word for word in pattern.split() if "{" not in word)
    shown = []
    for node in CucumberExpressionParser().parse(pattern).nodes:
        # A parameter or an option glued to a word makes that word uncertain: `file(s)`, `{int}MB`.
        shown.append(node.text if node.ast_type == NodeType.TEXT else "\0")
    return tuple(word for word in "".join(shown).split() if "\0" not in word)


def snippet(kind: str, text: str) -> str:
    """The decorator and function to paste for a sentence that is not defined yet."""
    generated = CucumberExpressionGenerator(TYPES).generate_expressions(text)[0]
    arguments = ", ".join(["world", *_argument_names(generated.parameter_names)])
    name = "_".join(w for w in "".join(c if c.isalnum() else " " for c in generated.source).lower().split()[:5])
    pattern = generated.source.replace("\\", "\\\\").replace('"', '\\"')
    return f'@{kind}("{pattern}")\ndef {name or "step"}({arguments}):\n    raise UndefinedStep("not written yet")\n'


def _argument_names(names: Sequence[str]) -> Iterator[str]:
    for position, name in enumerate(names, 1):
        yield name if name.isidentifier() and names.count(name) == 1 and name != "" else f"value{position}"


def call(
    definition: StepDefinition,
    world: Runs,
    sentence: str,
    table: list[list[str]] | None = None,
    text: str | None = None,
) -> None:
    """Call the function of a sentence, with its table and doc string typed; an async one is awaited.

    table: its rows, the first one the heads. Raises StepError for a table or text that is missing, or that
    the function never reads, and whatever the function raises.
    """
    __tracebackhide__ = True
    arguments = definition.match(sentence)
    if arguments is None:
        raise StepError(f"{definition.where}: {definition.pattern!r} does not match {sentence!r}")
    for name, value in (("table", table), ("text", text)):
        if name in definition.wants and value is None:
            raise StepError(f"{definition.where}: {definition.pattern!r} needs a {name} below the sentence")
        if name not in definition.wants and value is not None:
            raise StepError(
                f"{definition.where}: {definition.pattern!r} got a {name} that nobody reads: "
                f"take it as an argument `{name}`, or remove it from the feature"
            )
    if table is not None:
        try:
            arguments["table"] = tables.typed(table, definition.table_type)
        except tables.TableError as error:
            raise StepError(f"{definition.where}: {definition.pattern!r}: {error}") from error
    if text is not None:
        arguments["text"] = text
    result = definition.func(world, **arguments)
    if inspect.isawaitable(result):
        world.run(result)


def load(package: str = "steps") -> list[StepDefinition]:
    """Import every module of the step package; all definitions, in order."""
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, package + "."):
        importlib.import_module(module.name)
    return LIBRARY.definitions
