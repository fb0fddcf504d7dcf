"""The feature files as the reference parser reads them: documents, pickles, and which pickle a record is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.ast_builder import AstBuilder
from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from reports import ReportError
from support.record import ScenarioRecord


@dataclass(frozen=True)
class FeatureFile:
    """One feature file. document, pickles: as gherkin-official makes them, ids unique over all files read together."""

    uri: str
    source: str
    document: dict[str, Any]
    pickles: list[dict[str, Any]]


class Features:
    """Feature files read together. root: the folder that every uri starts from."""

    def __init__(self, root: Path, uris: Sequence[str]) -> None:
        self.ids = IdGenerator()
        self.files = [self._read(root, uri) for uri in uris]
        self._pickles = {
            (file.uri, line_of(pickle), pickle["name"]): pickle for file in self.files for pickle in file.pickles
        }

    def pickle_of(self, scenario: ScenarioRecord) -> dict[str, Any]:
        """The pickle that a record is of, found by file, line and name.

        Raises ReportError if there is none: the feature was changed after the run.
        """
        try:
            return self._pickles[scenario.key]
        except KeyError:
            raise ReportError(
                f"{scenario.uri}:{scenario.line} is not the scenario {scenario.name!r} any more; "
                "the feature was changed after the run: run it again"
            ) from None

    def _read(self, root: Path, uri: str) -> FeatureFile:
        try:
            source = (root / uri).read_text("utf-8")
            document: dict[str, Any] = {**Parser(AstBuilder(self.ids)).parse(source), "uri": uri}
        except FileNotFoundError:
            raise ReportError(f"{uri} was run but is not there any more; run again, or give --root") from None
        except CompositeParserException as error:
            raise ReportError(f"{uri} cannot be read: {error}") from error
        pickles: list[dict[str, Any]] = list(Compiler(self.ids).compile(document))  # type: ignore[arg-type]
        return FeatureFile(uri, source, document, pickles)


def line_of(pickle: dict[str, Any]) -> int:
    """The line of the scenario, or of the row of an outline."""
    return int(pickle["location"]["line"])


def steps_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every step of a document by its id, those of backgrounds and rules included."""
    feature = document.get("feature")
    return {step["id"]: step for step in _steps(feature["children"])} if feature else {}


def _steps(children: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for child in children:
        for kind, node in child.items():
            if kind == "rule":
                yield from _steps(node["children"])
            else:
                yield from node["steps"]


def uris_under(root: Path, folder: str = "features") -> list[str]:
    """The uri of every feature file below `folder`, in order."""
    return sorted(path.relative_to(root).as_posix() for path in (root / folder).rglob("*.feature"))
