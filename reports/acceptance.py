"""acceptance.html: the features themselves, ticked, with the pictures they made; for a product owner to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from reports import node
from reports.features import Features
from reports.messages import messages
from support.record import ScenarioRecord


def write_acceptance(record: Sequence[ScenarioRecord], folder: Path, root: Path, page: Path, title: str) -> None:
    """Write `page`, and the Cucumber Messages that it was made from beside it, as .ndjson.

    folder: of the record. root: that every uri starts from. Raises ReportError if a feature changed since the run.
    """
    features = Features(root, sorted({scenario.uri for scenario in record}))
    said = page.with_suffix(".ndjson")
    with said.open("w", encoding="utf-8") as file:
        for envelope in messages(record, features, folder):
            file.write(json.dumps(envelope, ensure_ascii=False) + "\n")
    node.run([str(node.HERE / "acceptance.mjs"), str(said.resolve()), str(page.resolve()), title])
