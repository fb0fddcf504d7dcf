"""`python -m support.feature_format features`: features in one form, indentation and tables alone.

Nothing but white space at line starts, around cells and at line ends is ever changed; with `--check`,
nothing at all, and the exit status says whether anything would be.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

INDENTS = {
    "Feature": 0, "Rule": 1, "Background": 1, "Scenario": 1, "Scenario Outline": 1, "Example": 1,
    "Examples": 2, "Given": 2, "When": 2, "Then": 2, "And": 2, "But": 2,
}  # fmt: skip
KEYWORD = re.compile(
    r"(Feature|Rule|Background|Scenario Outline|Scenario|Examples|Example):|(Given|When|Then|And|But) "
)


def formatted(text: str) -> str:
    """The feature with every line at its place and every table's columns aligned."""
    out: list[str] = []
    lines = [line.rstrip() for line in text.strip().splitlines()]
    depth, in_rule, position = 0, False, 0
    while position < len(lines):
        line = lines[position].strip()
        if line == '"""':
            end = next(i for i in range(position + 1, len(lines)) if lines[i].strip() == '"""')
            out += _doc_string(lines[position : end + 1], depth + 1)
            position = end + 1
            continue
        if line.startswith("|"):
            end = position
            while end < len(lines) and lines[end].strip().startswith("|"):
                end += 1
            out += [_indented(row, depth + 1) for row in aligned(lines[position:end])]
            position = end
            continue
        if match := KEYWORD.match(line):
            keyword = match[1] or match[2]
            depth = INDENTS[keyword] + (1 if in_rule and keyword not in ("Rule", "Feature") else 0)
            in_rule = in_rule or keyword == "Rule"
            out.append(_indented(line, depth))
        elif line.startswith(("@", "#")):
            out.append(_indented(line, _depth_of_next(lines, position, in_rule)))
        else:
            out.append(_indented(line, depth + 1) if line else "")
        position += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)) + "\n"


def _depth_of_next(lines: list[str], position: int, in_rule: bool) -> int:
    for line in lines[position:]:
        if match := KEYWORD.match(line.strip()):
            keyword = match[1] or match[2]
            return INDENTS[keyword] + (1 if in_rule and keyword not in ("Rule", "Feature") else 0)
    return 0


def _indented(line: str, depth: int) -> str:
    return "  " * depth + line


def _doc_string(lines: list[str], depth: int) -> list[str]:
    """A text moved as one block: Gherkin takes the first quotes' indentation off every line."""
    old = len(lines[0]) - len(lines[0].lstrip())
    inner = [line[old:] if not line[:old].strip() else line.lstrip() for line in lines[1:-1]]
    return [
        _indented('"""', depth),
        *(_indented(line, depth) if line else "" for line in inner),
        _indented('"""', depth),
    ]


def aligned(rows: Sequence[str]) -> list[str]:
    """A table's rows with columns of one width each; wide signs count double."""
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1]] for row in rows]
    widths = [max(_width(row[i]) for row in cells if i < len(row)) for i in range(max(map(len, cells)))]
    return [
        "| " + " | ".join(c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=False)) + " |" for row in cells
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def main(arguments: Sequence[str]) -> int:
    """Format the given files and folders in place; with `--check` only tell, and 1 if anything would change."""
    check = "--check" in arguments
    names = [Path(a) for a in arguments if a != "--check"]
    changed = []
    for path in [p for n in names for p in (sorted(n.rglob("*.feature")) if n.is_dir() else [n])]:
        old = path.read_text("utf-8")
        new = formatted(old)
        if new != old:
            changed.append(path)
            if not check:
                path.write_text(new, "utf-8")
    for path in changed:
        print(f"{path}: {'would be formatted' if check else 'formatted'}")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
