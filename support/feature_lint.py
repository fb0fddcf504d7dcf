"""`python -m support.feature_lint features`: whether features read as promises, and in the common dialect.

The public linters do not understand `Rule:`; this one stands on the reference parser.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from support import dialect
from support.dialect import Problem

MECHANISM = re.compile(
    r"\b(click|button|css|xpath|selector|endpoint|POST|GET|PUT|PATCH|DELETE|HTTP|status code|JSON|"
    r"database|SQL|header|payload|null|API|[245]\d\d (?:response|error))\b"
)
PLACEHOLDER = re.compile(r"<([^<>]+)>")
ORDER = {"Context": 0, "Action": 1, "Outcome": 2}
MOST_SCENARIOS, MOST_STEPS, MOST_BACKGROUND = 12, 7, 4


def lint(path: Path) -> list[Problem]:
    """Everything that a reader would stumble over, in order of lines."""
    found = list(dialect.problems(path))
    feature = dialect.parse(path).get("feature")
    if feature is None:
        return found
    if not feature["description"].strip():
        found.append(Problem(path, _line(feature), "the feature does not say for whom it is, and what would go wrong"))
    scenarios = [node for node in dialect.nodes(feature) if "examples" in node]
    if len(scenarios) > MOST_SCENARIOS:
        found.append(Problem(path, _line(feature), f"{len(scenarios)} scenarios in one file: one behaviour a file"))
    for node in dialect.nodes(feature):
        if "steps" in node:
            found += _steps(path, node)
            found += _scenario(path, node) if "examples" in node else _background(path, node)
    return sorted(set(found), key=lambda p: (p.line, p.message))


def _line(node: dict[str, Any]) -> int:
    return int(node["location"]["line"])


def _background(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    if len(node["steps"]) > MOST_BACKGROUND:
        yield Problem(path, _line(node), f"a background of {len(node['steps'])} steps: nobody remembers so many")
    if any(step["keywordType"] in ("Action", "Outcome") for step in node["steps"]):
        yield Problem(path, _line(node), "a background only says what the world is like: no When, no Then")


def _scenario(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    steps, line = node["steps"], _line(node)
    if len(steps) > MOST_STEPS:
        yield Problem(path, line, f"{len(steps)} steps: split it, or say it in bigger words (at most {MOST_STEPS})")
    kinds = [step["keywordType"] for step in steps if step["keywordType"] in ORDER]
    if Counter(kinds)["Action"] != 1:
        yield Problem(path, line, f"{Counter(kinds)['Action']} When: a scenario is about one thing that happens")
    if kinds and kinds[-1] != "Outcome":
        yield Problem(path, line, "it ends without a Then: nothing is promised")
    if kinds != sorted(kinds, key=ORDER.__getitem__):
        yield Problem(path, line, "the order is Given, When, Then")
    if re.match(r"(?i)test\b|scenario\b|verify\b|check\b", node["name"]):
        yield Problem(path, line, f"“{node['name']}”: say what holds, so that it can be false")
    yield from _columns(path, node)


def _columns(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    used = set(PLACEHOLDER.findall(node["name"] + str([s["text"] for s in node["steps"]])))
    used |= set(PLACEHOLDER.findall(str([(s.get("dataTable"), s.get("docString")) for s in node["steps"]])))
    for examples in node["examples"]:
        heads = [cell["value"] for cell in examples["tableHeader"]["cells"]] if "tableHeader" in examples else []
        rows = [tuple(cell["value"] for cell in row["cells"]) for row in examples["tableBody"]]
        for head in sorted(set(heads) - used):
            yield Problem(path, _line(examples), f"column {head!r} is used nowhere")
        for name in sorted(used - set(heads)):
            yield Problem(path, _line(examples), f"<{name}> has no column here")
        if len(set(rows)) < len(rows):
            yield Problem(path, _line(examples), "the same row stands twice")
    if node["examples"] and not PLACEHOLDER.search(node["name"]):
        yield Problem(path, _line(node), "the rows cannot be told apart: put a <placeholder> into the name")


def _steps(path: Path, node: dict[str, Any]) -> Iterator[Problem]:
    for step in node["steps"]:
        text, line = step["text"], _line(step)
        if word := MECHANISM.search(text):
            yield Problem(path, line, f"“{word.group()}” is a mechanism: say what, not how")
        if text.rstrip().endswith((".", ";")):
            yield Problem(path, line, "a sentence ends without a full stop")
        if re.match(r"I\b", text) or re.search(r"\bI'm\b", text):
            yield Problem(path, line, "no “I”: say who, in the present tense")
        if "  " in text:
            yield Problem(path, line, "two spaces in a row")


def main(arguments: Sequence[str]) -> int:
    """Print every problem under the given files and folders; 1 if there is any."""
    paths = [p for a in arguments for p in (sorted(Path(a).rglob("*.feature")) if Path(a).is_dir() else [Path(a)])]
    found = []
    for path in paths:
        try:
            found += [str(problem) for problem in lint(path)]
        except dialect.FeatureRefused as error:
            found.append(str(error))
    print("\n".join(found) if found else f"{len(paths)} features read well")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
