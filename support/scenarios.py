"""The scenarios of a feature file, as the reference compiler unfolds them: one record to be filled by a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from support import dialect
from support.record import ScenarioRecord, StepRecord

Runner = Literal["pytest", "behave"]
FEATURES = "features"


def feature_files(root: Path) -> list[Path]:
    """Every feature of the project, in order."""
    return sorted((root / FEATURES).rglob("*.feature"))


def uri_of(path: Path, root: Path) -> str:
    """The feature's name in every report: its path from the project's root, or as it is elsewhere."""
    path = path.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def records(path: Path, root: Path, runner: Runner, environment: dict[str, str]) -> list[ScenarioRecord]:
    """An unfilled record for every scenario and every row of an outline, in order.

    Raises FeatureRefused for a file that is not Gherkin.
    """
    uri = uri_of(path, root)
    feature = dialect.parse(path).get("feature")
    if feature is None:
        return []
    places = _places(feature)
    return [
        ScenarioRecord(
            runner=runner,
            uri=uri,
            line=places[pickle["astNodeIds"][-1]]["location"]["line"],
            feature=feature["name"],
            rule=places[pickle["astNodeIds"][0]].get("rule"),
            keyword=places[pickle["astNodeIds"][0]]["keyword"],
            name=pickle["name"],
            tags=[tag["name"].removeprefix("@") for tag in pickle["tags"]],
            steps=[_step(step, places[step["astNodeIds"][0]]) for step in pickle["steps"]],
            environment=environment,
            description=_description(feature, places[pickle["astNodeIds"][0]]),
            example=places[pickle["astNodeIds"][-1]].get("example", {}),
        )
        for pickle in dialect.pickles(path, uri)
    ]


def template_names(path: Path, root: Path) -> list[str]:
    """For each record of `records`, the name as it is written: placeholders of outlines not filled in."""
    feature = dialect.parse(path)["feature"]
    names = {node["id"]: node["name"] for _, node in _scenarios(feature, None) if "id" in node}
    return [names[pickle["astNodeIds"][0]] for pickle in dialect.pickles(path, uri_of(path, root))]


def _places(feature: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Scenarios, rows and steps by the ids that pickles refer to them with."""
    found: dict[str, dict[str, Any]] = {}
    for rule, node in _scenarios(feature, None):
        if "id" in node:
            found[node["id"]] = {**node, "rule": rule}
        for step in node["steps"]:
            found[step["id"]] = step
        for examples in node.get("examples", []):
            heads = [cell["value"] for cell in examples.get("tableHeader", {}).get("cells", [])]
            for row in examples.get("tableBody", []):
                values = (cell["value"] for cell in row["cells"])
                found[row["id"]] = {**row, "example": dict(zip(heads, values, strict=False))}
    return found


def _description(feature: dict[str, Any], node: dict[str, Any]) -> str:
    """The prose of the feature, of the rule and of the scenario, as paragraphs."""
    rules = (child["rule"] for child in feature["children"] if "rule" in child)
    rule = next((rule for rule in rules if rule["name"] == node["rule"]), {"description": ""})
    parts = (part["description"].strip() for part in (feature, rule, node))
    return "\n\n".join(part for part in parts if part)


def _scenarios(parent: dict[str, Any], rule: str | None) -> Iterator[tuple[str | None, dict[str, Any]]]:
    for child in parent["children"]:
        if "rule" in child:
            yield from _scenarios(child["rule"], child["rule"]["name"])
        else:
            yield rule, child.get("scenario") or child["background"]


def _step(step: dict[str, Any], source: dict[str, Any]) -> StepRecord:
    argument = step.get("argument", {})
    rows = argument.get("dataTable", {}).get("rows")
    return StepRecord(
        keyword=source["keyword"].strip(),
        text=step["text"],
        line=source["location"]["line"],
        table=[[cell["value"] for cell in row["cells"]] for row in rows] if rows else None,
        doc_string=argument["docString"]["content"] if "docString" in argument else None,
    )
