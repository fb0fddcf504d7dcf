"""The glossary: every sentence once, with where it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reports.glossary import Entry, entries, page
from tests import reports_sample as sample


@dataclass
class Sentence:
    """A definition that matches its own words and nothing else."""

    kind: str
    pattern: str
    func: Callable[..., Any]

    def match(self, text: str) -> dict[str, Any] | None:
        return {} if text == self.pattern else None


def with_meaning(world: object) -> None:
    """Both of them are still running.

    More that nobody needs in a glossary.
    """


def without_meaning(world: object) -> None: ...


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Entry]:
    sample.run_of(tmp_path)
    library = [
        Sentence("then", "nothing else has changed", without_meaning),
        Sentence("given", "two downloads run", with_meaning),
        Sentence("when", "two downloads run", without_meaning),
    ]
    return {f"{entry.keyword} {entry.pattern}": entry for entry in entries(library, tmp_path)}


def test_a_sentence_names_every_scenario_that_uses_it(found: dict[str, Entry]) -> None:
    assert found["Given two downloads run"].uses == [
        "Downloads wait for their turn: A third download waits",
        "Downloads wait for their turn: A waiting download can be moved to the front",
        "Downloads wait for their turn: Every download ends",
    ]


def test_a_sentence_means_the_first_line_of_its_docstring(found: dict[str, Entry]) -> None:
    assert found["Given two downloads run"].meaning == "Both of them are still running."
    assert found["Then nothing else has changed"].meaning == ""


def test_an_and_counts_as_the_kind_of_sentence_before_it(found: dict[str, Entry]) -> None:
    assert found["Then nothing else has changed"].uses == [
        "Recipes are shared as pictures: A recipe does not tell where its LoRAs lie"
    ]


def test_the_same_words_of_another_kind_are_another_sentence(found: dict[str, Entry]) -> None:
    assert found["When two downloads run"].uses == []


def test_the_page_marks_what_no_scenario_uses(found: dict[str, Entry]) -> None:
    html = page(list(found.values()), "The <sentences>")
    assert "<title>The &lt;sentences&gt;</title>" in html
    assert "3 sentences, 1 of them not used by any scenario" in html
    assert html.count("not used by any scenario</p>") == 2  # the count at the head, and the sentence itself
