"""The glossary: every sentence that a scenario may use, what it means, and where it is used."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Protocol

from reports.features import Features, uris_under

_KEYWORDS = {"given": "Given", "when": "When", "then": "Then", "step": "Any"}
_OF_TYPE = {"Context": "given", "Action": "when", "Outcome": "then"}


class Definition(Protocol):
    """A sentence of the step library, as support.bdd keeps it. kind: 'given', 'when', 'then' or 'step'."""

    @property
    def kind(self) -> str: ...
    @property
    def pattern(self) -> str: ...
    @property
    def func(self) -> Callable[..., Any]: ...

    def match(self, text: str, /) -> Any: ...


@dataclass
class Entry:
    """One sentence. uses: 'feature: scenario', each once, in the order of the files."""

    keyword: str
    pattern: str
    meaning: str
    source: str
    uses: list[str] = field(default_factory=list)


def entries(definitions: Iterable[Definition], root: Path) -> list[Entry]:
    """Every sentence with its uses in the features below `root`, by noun and then in the order it is written."""
    features = Features(root, uris_under(root))
    # Few sentences are said once: each different one is matched once, whoever says it.
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, text, where in _sentences(features):
        said[kind, text].append(where)
    found = []
    for definition in definitions:
        matching = [
            uses
            for (kind, text), uses in said.items()
            if definition.kind.lower() in (kind, "step") and definition.match(text) is not None
        ]
        order = list(dict.fromkeys(use for uses in matching for use in uses))
        found.append(
            Entry(
                _KEYWORDS[definition.kind.lower()],
                definition.pattern,
                _first_line(definition.func),
                inspect.getmodule(definition.func).__name__.rpartition(".")[2],  # type: ignore[union-attr]
                order,
            )
        )
    return sorted(found, key=lambda entry: (entry.source, list(_KEYWORDS.values()).index(entry.keyword)))


def _sentences(features: Features) -> Iterator[tuple[str, str, str]]:
    for file in features.files:
        feature = file.document["feature"]["name"]
        for pickle in file.pickles:
            for step in pickle["steps"]:
                yield _OF_TYPE.get(step["type"], "step"), step["text"], f"{feature}: {pickle['name']}"


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def page(found: Sequence[Entry], title: str) -> str:
    """The glossary as one HTML page that needs nothing else."""
    unused = sum(not entry.uses for entry in found)
    count = f"{len(found)} sentences" + (f", {unused} of them not used by any scenario" if unused else "")
    nouns = dict.fromkeys(entry.source for entry in found)
    sections = "".join(_section(noun, [e for e in found if e.source == noun]) for noun in nouns)
    return _PAGE.format(title=escape(title), count=escape(count), sections=sections)


def _section(noun: str, found: Sequence[Entry]) -> str:
    return f"<h2>{escape(noun.replace('_', ' ').capitalize())}</h2>{''.join(_entry(entry) for entry in found)}"


def _entry(entry: Entry) -> str:
    meaning = f"<p>{escape(entry.meaning)}</p>" if entry.meaning else ""
    if not entry.uses:
        uses = '<p class="unused">not used by any scenario</p>'
    else:
        items = "".join(f"<li>{escape(use)}</li>" for use in entry.uses)
        count = "1 scenario" if len(entry.uses) == 1 else f"{len(entry.uses)} scenarios"
        uses = f"<details><summary>{count}</summary><ul>{items}</ul></details>"
    sentence = f"<b>{entry.keyword}</b> {escape(entry.pattern)}"
    return f"<article><h3>{sentence}</h3>{meaning}{uses}</article>"


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
h3 {{ font: 1rem/1.5 ui-monospace, monospace; margin: 0 }}
h3 b {{ color: #2a7f62 }}
article {{ border-top: 1px solid #8884; padding: .6rem 0 }}
p {{ margin: .2rem 0; opacity: .8 }}
.unused {{ color: #c0392b; opacity: 1 }}
</style>
<h1>{title}</h1><p>{count}</p>
{sections}
</html>
"""
