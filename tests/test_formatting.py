"""The formatter changes white space alone, and what it has formatted it leaves alone; the linter says what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import dialect, scenarios
from support.feature_format import formatted
from support.feature_lint import lint

ROOT = Path(__file__).resolve().parent.parent

MESSY = '''
Feature: Messy
      For nobody.
 Background:
   Given a hub
  @severity.minor
 Scenario: One
      Given these
  |a|long head|
      | 日本 | b|
    When it is asked
        """
        first
          second
        """
   Then it answers

 Rule: Two
   Scenario Outline: <x>
   When it is asked
   Then it answers
   Examples: all
   |x|
   |1|
'''

NEAT = '''Feature: Messy
  For nobody.

  Background:
    Given a hub

  @severity.minor
  Scenario: One
    Given these
      | a    | long head |
      | 日本 | b         |
    When it is asked
      """
      first
        second
      """
    Then it answers

  Rule: Two

    Scenario Outline: <x>
      When it is asked
      Then it answers

      Examples: all
        | x |
        | 1 |
'''


def test_a_messy_feature_becomes_neat() -> None:
    def without_blank_lines(text: str) -> list[str]:
        return [line for line in text.splitlines() if line]

    assert without_blank_lines(formatted(MESSY)) == without_blank_lines(NEAT)


@pytest.mark.parametrize("path", scenarios.feature_files(ROOT), ids=lambda path: path.stem)
def test_what_is_formatted_stays_as_it_is_and_means_the_same(path: Path, tmp_path: Path) -> None:
    once = formatted(path.read_text("utf-8"))
    again = tmp_path / path.name
    again.write_text(once, "utf-8")
    assert formatted(once) == once
    assert _sentences(again) == _sentences(path)


def _sentences(path: Path) -> list[tuple[str, list[str]]]:
    return [(p["name"], [f"{s['text']} {s.get('argument')}" for s in p["steps"]]) for p in dialect.pickles(path, "x")]


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ("Feature: F\n  Scenario: S\n    When a\n    Then b\n", "for whom it is"),
        ("Feature: F\n  Why.\n\n  Scenario: S\n    When a\n    When c\n    Then b\n", "2 When"),
        ("Feature: F\n  Why.\n\n  Scenario: S\n    Given a\n    When b\n", "ends without a Then"),
        (
            "Feature: F\n  Why.\n\n  Scenario: S\n    When a\n    Given c\n    Then b\n",
            "the order is Given, When, Then",
        ),
        ("Feature: F\n  Why.\n\n  Scenario: Test pause 2\n    When a\n    Then b\n", "so that it can be false"),
        ("Feature: F\n  Why.\n\n  Scenario: S\n    When I POST a\n    Then b\n", "is a mechanism"),
        ("Feature: F\n  Why.\n\n  Scenario: S\n    When I ask\n    Then b\n", "no “I”"),
        ("Feature: F\n  Why.\n\n  Scenario: S\n    When a\n    Then b.\n", "without a full stop"),
        (
            "Feature: F\n  Why.\n\n  Scenario Outline: S <x>\n    When <x>\n    Then b\n\n"
            "    Examples: e\n      | x | y |\n      | 1 | 2 |\n",
            "column 'y' is used nowhere",
        ),
        (
            "Feature: F\n  Why.\n\n  Scenario Outline: S <x>\n    When <z>\n    Then b\n\n"
            "    Examples: e\n      | x |\n      | 1 |\n",
            "<z> has no column here",
        ),
        ("Feature: F\n  Why.\n\n  Rule: R\n    Scenario: S\n      When a\n      And c\n", "ends without a Then"),
    ],
)
def test_the_linter_names_what_a_reader_would_stumble_over(tmp_path: Path, feature: str, said: str) -> None:
    path = tmp_path / "planted.feature"
    path.write_text(feature, "utf-8")
    assert any(said in problem.message for problem in lint(path))


def test_the_projects_own_features_read_well() -> None:
    assert [str(problem) for path in scenarios.feature_files(ROOT) for problem in lint(path)] == []
