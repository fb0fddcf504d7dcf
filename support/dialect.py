"""The Gherkin that both runners understand in the same way, and the refusal of everything else.

behave, pytest-bdd and the reference parser read different languages under one name: pytest-bdd keeps only
the last of two scenarios with one name and runs a table without rows once, behave reads no ``` doc strings
and no tags with brackets. A feature outside their common ground is refused before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gherkin.errors import CompositeParserException, ParserError
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

SEVERITIES = ("blocker", "critical", "normal", "minor", "trivial")
TAG_KEYS = ("needs", "severity", "clause", "owner", "issue", "tms", "link")
TAG = re.compile(r"@([a-z]+)\.([A-Za-z0-9_-]+)")
KEYWORD_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}


class FeatureRefused(Exception):
    """A feature is outside the dialect; the message names each place and what to do."""


@dataclass(frozen=True)
class Problem:
    """One thing that a feature may not do. path: as it was named; line: where."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@lru_cache(maxsize=512)
def _parsed(path: Path, stamp: int) -> dict[str, Any]:
    document: Any = Parser().parse(path.read_text("utf-8"))
    return dict(document)


def parse(path: Path) -> dict[str, Any]:
    """The feature as the reference parser sees it. Raises FeatureRefused for what is no Gherkin at all."""
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except CompositeParserException as error:
        problems = [Problem(path, e.location["line"], _without_place(str(e))) for e in error.errors]
        raise FeatureRefused("\n".join(map(str, problems))) from error
    except ParserError as error:
        raise FeatureRefused(f"{path}: {error}") from error


def _without_place(message: str) -> str:
    return re.sub(r"^\(\d+:\d+\):\s*", "", message)


def pickles(path: Path, uri: str) -> list[dict[str, Any]]:
    """The feature's scenarios, rows of outlines unfolded, as the reference compiler makes them; not to be changed."""
    return _compiled(path, uri, path.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _compiled(path: Path, uri: str, stamp: int) -> list[dict[str, Any]]:
    document: Any = dict(parse(path), uri=uri)
    compiled: Any = Compiler(IdGenerator()).compile(document)
    return list(compiled)


@lru_cache(maxsize=512)
def _problems(path: Path, stamp: int) -> tuple[Problem, ...]:
    feature = parse(path).get("feature")
    if feature is None:
        return (Problem(path, 1, "the file holds no Feature: write one, or remove the file"),)
    found = [*_tag_problems(path, feature), *_twins(path, feature)]
    for node in nodes(feature):
        found += _tag_problems(path, node)
        found += _step_problems(path, node)
        found += _outline_problems(path, node)
    found += _language_problems(path, feature)
    return tuple(sorted(found, key=lambda p: p.line))


def problems(path: Path) -> tuple[Problem, ...]:
    """Everything in a feature that the two runners would not read alike."""
    return _problems(path, path.stat().st_mtime_ns)


def check(path: Path) -> None:
    """Raise FeatureRefused, with every place and what to do there, unless the feature is in the dialect."""
    if found := problems(path):
        raise FeatureRefused("\n".join(map(str, found)))


def check_all(paths: Iterable[Path]) -> None:
    """As `check`, for many files: all problems at once."""
    refused = []
    for path in paths:
        try:
            check(path)
        except FeatureRefused as error:
            refused.append(str(error))
    if refused:
        raise FeatureRefused("\n".join(refused))


def nodes(parent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rules, backgrounds and scenarios, in order."""
    for child in parent["children"]:
        for node in child.values():
            yield node
            if "children" in node:
                yield from nodes(node)


def _tag_problems(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    for tag in [*node.get("tags", []), *(t for e in node.get("examples", []) for t in e["tags"])]:
        line, name = tag["location"]["line"], tag["name"]
        if "<" in name:
            yield Problem(path, line, f"{name}: a tag holds no placeholder; tag the Examples instead")
        elif not (match := TAG.fullmatch(name)) or match[1] not in TAG_KEYS:
            forms = ", ".join(f"@{key}.…" for key in TAG_KEYS)
            yield Problem(path, line, f"{name}: a tag is one of {forms} (letters, digits, - and _ after the dot)")
        elif match[1] == "severity" and match[2] not in SEVERITIES:
            yield Problem(path, line, f"{name}: a severity is one of {', '.join(SEVERITIES)}")


def _twins(path: Path, feature: dict[str, Any]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for node in nodes(feature):
        if "examples" not in node:
            continue
        line, name = node["location"]["line"], node["name"]
        if not name:
            yield Problem(path, line, "a scenario has no name: say what it promises")
        elif name in seen:
            yield Problem(
                path, line, f"“{name}” is also at line {seen[name]}: pytest-bdd would run only one; rename one"
            )
        seen.setdefault(name, line)


def _step_problems(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    steps = node.get("steps", [])
    if "examples" in node and not steps:
        yield Problem(path, node["location"]["line"], f"“{node['name']}” has no steps: it would check nothing")
    if steps and steps[0]["keywordType"] not in KEYWORD_TYPES:
        first = steps[0]
        yield Problem(
            path,
            first["location"]["line"],
            f"“{first['keyword'].strip()} {first['text']}” comes first: begin with Given, When or Then",
        )
    for step in steps:
        line = step["location"]["line"]
        if step["keyword"].strip() == "*":
            yield Problem(path, line, "a sentence begins with Given, When, Then, And or But; * says nothing")
        if " #" in step["text"]:
            yield Problem(path, line, f"“{step['text']}” ends in a comment, which would be part of the sentence")
        if (doc := step.get("docString")) and doc["delimiter"] != '"""':
            yield Problem(path, doc["location"]["line"], f'a text stands between """; {doc["delimiter"]} is not read')
        for row in step.get("dataTable", {}).get("rows", []):
            yield from _cell_problems(path, row)


def _cell_problems(path: Path, row: dict[str, Any]) -> Iterator[Problem]:
    for cell in row["cells"]:
        if "\n" in cell["value"]:
            yield Problem(
                path, row["location"]["line"], "a cell holds one line: \\n is read differently by the runners"
            )


def _outline_problems(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    if not node.get("examples"):
        if node.get("keyword") in ("Scenario Outline", "Scenario Template"):
            yield Problem(
                path, node["location"]["line"], f"“{node['name']}” is an outline without Examples: add a table"
            )
        return
    if node["keyword"] != "Scenario Outline":
        yield Problem(path, node["location"]["line"], f"“{node['name']}” has Examples: call it Scenario Outline")
    for examples in node["examples"]:
        line = examples["location"]["line"]
        if not examples["name"]:
            yield Problem(path, line, "these Examples have no name: say what the table shows")
        if not examples.get("tableBody"):
            yield Problem(path, line, "these Examples have no rows: nothing would be checked; add a row or remove them")
        for row in examples.get("tableBody", []):
            yield from _cell_problems(path, row)


def _language_problems(path: Path, feature: dict[str, Any]) -> Iterator[Problem]:
    if (language := feature["language"]) != "en":
        yield Problem(path, 1, f"the feature's language is {language!r}; all features are in English (en)")


def needs(tags: Iterable[str]) -> set[str]:
    """The capabilities that a scenario's tags ask of a backend: `@needs.likeness` asks for `likeness`."""
    return {tag.removeprefix("@").removeprefix("needs.") for tag in tags if tag.lstrip("@").startswith("needs.")}
