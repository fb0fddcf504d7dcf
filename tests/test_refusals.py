"""What the bridges refuse: each fault is planted in a copy of the project, and both runners say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import Project

STEPS = """
@given("a hub")
def a_hub(world):
    world.evidence.text("hub", "there is one")


@when("it is asked")
def asked(world):
    world.asked = True


@then("it answers")
def answers(world):
    assert world.asked
"""

# The fault, and what the message must say of it, by the fault's name.
FEATURES = {
    "twin scenario names": (
        "  Scenario: One\n    When it is asked\n    Then it answers\n"
        "  Scenario: One\n    Given a hub\n    When it is asked\n    Then it answers\n",
        "“One” is also at line 2: pytest-bdd would run only one; rename one",
    ),
    "Examples without rows": (
        "  Scenario Outline: <x>\n    When it is asked\n    Then it answers\n    Examples: none\n      | x |\n",
        "these Examples have no rows: nothing would be checked; add a row or remove them",
    ),
    "a first step without keyword": (
        "  Scenario: One\n    And a hub\n    When it is asked\n",
        "“And a hub” comes first: begin with Given, When or Then",
    ),
    "a tag outside the agreed form": (
        "  @wip\n  Scenario: One\n    When it is asked\n",
        "@wip: a tag is one of @needs.…",
    ),
    "a placeholder in a tag": (
        "  @needs.<x>\n  Scenario Outline: <x>\n    When it is asked\n    Examples: one\n      | x |\n      | gpu |\n",
        "a tag holds no placeholder",
    ),
    "a scenario without steps": ("  Scenario: One\n", "it would check nothing"),
}

SENTENCES = {
    "an undefined sentence": (
        "    When the moon has 3 cats\n    Then it answers\n",
        "",
        '@when("the moon has {int} cats")',
    ),
    "an ambiguous sentence": (
        "    When it is asked\n    Then it answers\n",
        '@when("it {word} asked")\ndef ambiguous(world, how):\n    world.asked = True\n',
        "2 definitions match “When it is asked”",
    ),
    "a table nobody reads": (
        "    When it is asked\n      | a |\n      | 1 |\n    Then it answers\n",
        "",
        "got a table that nobody reads",
    ),
    "a text nobody reads": (
        '    When it is asked\n      """\n      why\n      """\n    Then it answers\n',
        "",
        "got a text that nobody reads",
    ),
    "a table that is missing": (
        "    Given these\n    When it is asked\n    Then it answers\n",
        '@given("these")\ndef these(world, table):\n    world.these = table\n',
        "needs a table below the sentence",
    ),
}

DEFINITIONS = {
    "too few arguments": (
        '@when("{string} is asked {int} times")\ndef wrong(world, name):\n    world.asked = name\n',
        "gives 2 value(s) ({string}, {int}), but the function takes 1 (name): make them equal",
    ),
    "another type": (
        '@when("it is asked {int} times")\ndef wrong(world, times: str):\n    world.asked = times\n',
        "gives {int}, which is int, but the function's 'times' is annotated str: change one of the two",
    ),
    "twin definitions": (
        '@when("it is asked")\ndef wrong(world):\n    world.asked = True\n',
        "@when('it is asked') is already defined at",
    ),
    "an unknown parameter": (
        '@when("it is asked {thing}")\ndef wrong(world, thing):\n    world.asked = thing\n',
        "is not a Cucumber expression: ",
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.steps(STEPS)
    return made


@pytest.mark.parametrize("fault", FEATURES)
def test_a_feature_outside_the_dialect_is_refused_by_both_runners(project: Project, fault: str) -> None:
    body, message = FEATURES[fault]
    project.feature(f"Feature: Planted\n{body}")
    for run in (project.pytest("features"), project.behave()):
        assert run.status != 0
        assert message in run.text
        assert "passed" not in run.text


@pytest.mark.parametrize("fault", SENTENCES)
def test_a_sentence_that_cannot_run_is_refused_by_both_runners(project: Project, fault: str) -> None:
    body, definitions, message = SENTENCES[fault]
    if definitions:
        project.steps(definitions, "more.py")
    project.feature(f"Feature: Planted\n  Scenario: One\n{body}")
    for run in (project.pytest("features"), project.behave("--no-color")):
        assert run.status != 0
        assert message in run.text


@pytest.mark.parametrize("fault", DEFINITIONS)
def test_a_definition_that_disagrees_with_itself_is_refused_by_both_runners(project: Project, fault: str) -> None:
    definition, message = DEFINITIONS[fault]
    project.steps(definition, "wrong.py")
    project.feature("Feature: Planted\n  Scenario: One\n    When it is asked\n    Then it answers\n")
    for run in (project.pytest("features"), project.behave()):
        assert run.status != 0
        assert message in run.text


def test_an_async_step_is_awaited_by_both_runners(project: Project) -> None:
    project.steps(
        '@when("it is broken later")\nasync def later(world):\n    raise ValueError("it was awaited")\n', "more.py"
    )
    project.feature("Feature: Planted\n  Scenario: One\n    When it is broken later\n    Then it answers\n")
    for run in (project.pytest("features"), project.behave()):
        assert run.status != 0
        assert "it was awaited" in run.text


LEAKS = {
    "a thread": (
        "import threading\nEND = threading.Event()\n\n",
        "threading.Thread(target=END.wait, daemon=True, name='forgotten').start()",
        "thread 'forgotten'",
    ),
    "an open file": ("FILES = []\n\n", "FILES.append(open(__file__))", "file "),
    "a socket": ("import socket\nSOCKETS = []\n\n", "SOCKETS.append(socket.socket())", "socket "),
    "a temporary folder": ("import tempfile\n\n", "tempfile.mkdtemp(prefix='forgotten-')", "temporary 'forgotten-"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_what_a_scenario_leaves_behind_fails_it_under_both_runners(project: Project, leak: str) -> None:
    head, leaving, message = LEAKS[leak]
    project.steps(
        f'{head}@when("something is forgotten")\ndef forget(world):\n    {leaving}\n    world.asked = True\n', "more.py"
    )
    project.feature("Feature: Planted\n  Scenario: One\n    When something is forgotten\n    Then it answers\n")
    for run in (project.pytest("features"), project.behave()):
        assert run.status != 0
        assert "the scenario left behind: " in run.text
        assert message in run.text


def test_a_scenario_that_breaks_and_leaks_is_told_for_both(project: Project) -> None:
    head, leaving, message = LEAKS["a thread"]
    project.steps(
        f'{head}@when("it breaks")\ndef breaks(world):\n    {leaving}\n    raise AssertionError("broken")\n', "m.py"
    )
    project.feature("Feature: Planted\n  Scenario: One\n    When it breaks\n    Then it answers\n")
    run = project.pytest("features")
    assert run.status != 0
    assert "broken" in run.text
    assert f"And then: SomethingLeftBehind: the scenario left behind: {message}" in run.text


def test_a_capability_that_nobody_could_offer_is_refused(project: Project) -> None:
    project.feature("Feature: Planted\n  @needs.likenes\n  Scenario: One\n    When it is asked\n    Then it answers\n")
    for run in (project.pytest("features"), project.behave()):
        assert run.status != 0
        assert "@needs.likenes: no such capability" in run.text


def test_a_skip_is_visible_with_its_reason(project: Project) -> None:
    project.feature("Feature: Planted\n  @needs.gpu\n  Scenario: One\n    When it is asked\n    Then it answers\n")
    shown = project.pytest("features", "--gherkin-terminal-reporter")
    assert shown.status == 0
    assert "skipped: needs gpu (runs on a graphics card), which the mock backend" in shown.text
    assert "1 skipped" in shown.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backend", "paint"], "--backend paint: there is no such backend; there are mock, comfyui and replicate"),
        (["--studio-url", "http://127.0.0.1:9"], "no studio answers there"),
    ],
)
def test_a_studio_that_cannot_be_had_is_an_error_and_never_green(
    project: Project, arguments: list[str], message: str
) -> None:
    project.feature("Feature: Planted\n  Scenario: One\n    When it is asked\n    Then it answers\n")
    run = project.pytest("features", *arguments)
    assert run.status != 0
    assert message in run.text
