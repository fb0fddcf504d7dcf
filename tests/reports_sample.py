"""A small run with every kind of verdict, made by hand: what the tests of the reports, and a person, look at.

`python -m tests.reports_sample FOLDER` writes features, a record and Allure results into FOLDER.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image, ImageDraw

from support.record import Attachment, RecordWriter, ScenarioRecord, StepRecord
from support.scenarios import records

ROOT = Path(__file__).resolve().parent.parent
FEATURES = {
    "features/recipes/sharing.feature": '''@owner.maria
Feature: Recipes are shared as pictures
  A photographer sends a picture to a friend. Without the recipe inside it,
  the friend has to guess how it was made.

  Background:
    Given a recipe named "Alpine dawn":
      | setting  | value       |
      | prompt   | a sunny hut |
      | guidance | 2.5         |

  Rule: A picture carries its recipe
    Readers of other makes put their settings elsewhere.

    @severity.critical @issue.GEN-12 @clause.recipes-3
    Scenario: A saved picture tells its recipe
      When a picture is made from "Alpine dawn"
      Then the picture tells this recipe:
        """
        a sunny hut
        Steps: 4, CFG scale: 2.5
        """
      And the picture is 512 × 512

    @severity.normal
    Scenario Outline: A recipe keeps the size of its picture
      When a picture of <width> × <height> is made
      Then the recipe says <width> × <height>

      Examples:
        | width | height |
        | 512   | 768    |
        | 1024  | 640    |

  Rule: Nothing else is given away
    Scenario: A recipe does not tell where its LoRAs lie
      When the picture's recipe is read
      Then no folder of this machine is named
      And nothing else has changed
''',
    "features/downloads/waiting.feature": """Feature: Downloads wait for their turn
  Two downloads at once share one connection.

  Scenario: A third download waits
    Given two downloads run
    When "flux-kontext" is enqueued
    Then "flux-kontext" is queued

  Scenario: A waiting download can be moved to the front
    Given two downloads run
    When "flux-kontext" is moved to the front
    Then "flux-kontext" is running

  @needs.gpu
  Scenario: A model is loaded while the next one is downloaded
    Given a GPU
    When "flux-kontext" is enqueued
    Then "flux-kontext" is running

  Scenario: Every download ends
    Given two downloads run
    When "flux-kontext" is enqueued
    Then every download is completed
""",
}
FAILURE = (
    "Promise: the recipe says 1024 × 640\nFound: it says 1024 × 1024\n"
    'Nearest evidence:\n  GET /recipes/7 → 200\n  {"width": 1024, "height": 1024}'
)


def picture(text: str = "a sunny hut") -> bytes:
    """A WebP that a reader recognises as a picture."""
    image = Image.new("RGB", (320, 320), "#9ec7e8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 220, 320, 320), fill="#5b8c5a")
    draw.polygon([(90, 200), (160, 130), (230, 200)], fill="#8d5524")
    draw.rectangle((110, 200, 210, 260), fill="#d9a066")
    draw.ellipse((240, 30, 290, 80), fill="#ffd166")
    draw.text((12, 296), text, fill="white")
    file = io.BytesIO()
    image.save(file, "WEBP", quality=80)
    return file.getvalue()


def run_of(root: Path) -> list[ScenarioRecord]:
    """The sample's features, written below `root`, and the record of their run; attachments not written yet."""
    run: list[ScenarioRecord] = []
    for uri, source in FEATURES.items():
        path = root / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
        run += records(path, root, "pytest", {"backend": "mock", "transport": "in-process"})
    for number, scenario in enumerate(run):
        scenario.started = time.time() + number / 10
        scenario.status, scenario.seconds = "passed", 0.0
        for step in scenario.steps:
            _went(scenario, step)
    by_name = {(s.name, s.line): s for s in run}
    _spoil({name: scenario for (name, _), scenario in sorted(by_name.items())})
    return run


def _went(scenario: ScenarioRecord, step: StepRecord) -> None:
    step.status, step.seconds = "passed", 0.0123
    step.pattern, step.definition = step.text, "steps/recipes.py:12"
    scenario.seconds += step.seconds


def _spoil(named: dict[str, ScenarioRecord]) -> None:
    tells = named["A saved picture tells its recipe"]
    tells.steps[1].attachments = [Attachment("the picture that was made", "image/webp", "hut.webp")]
    tells.steps[2].attachments = [Attachment("GET /recipes/7 → 200", "text/plain", "exchange.txt")]
    fail(named["A recipe keeps the size of its picture"], 2, "failed", FAILURE)
    moved = named["A waiting download can be moved to the front"]
    missing = 'no definition matches “When "flux-kontext" is moved to the front”. Add to steps/:\n\n@when(…)'
    fail(moved, 1, "undefined", missing)
    loads = named["A model is loaded while the next one is downloaded"]
    loads.status, loads.reason, loads.seconds = "skipped", "the mock backend has no GPU", 0.0
    for step in loads.steps:
        step.status, step.seconds, step.pattern, step.definition = "skipped", 0.0, None, None
    ends = named["Every download ends"]
    ends.status, ends.reason = "broken", "SomethingLeftBehind: the scenario left behind: thread 'download'"


def fail(scenario: ScenarioRecord, at: int, status: str, message: str) -> None:
    """Let a scenario end at the step `at`; those after it did not run."""
    scenario.status, scenario.reason = status, message  # type: ignore[assignment]
    for step in scenario.steps[at:]:
        step.status, step.seconds = "skipped", 0.0
    scenario.steps[at].status, scenario.steps[at].message = scenario.status, message


BODIES = {"hut.webp": picture(), "exchange.txt": 'GET /recipes/7\n→ 200\n{"name": "Alpine dawn"}'.encode()}


def write(run: list[ScenarioRecord], folder: Path, *, files: int = 1) -> None:
    """Write the record of a run, over as many files as processes would have made."""
    writers = [RecordWriter(folder, f"gw{number}") for number in range(files)]
    for number, scenario in enumerate(run):
        writer = writers[number % files]
        for one in (*scenario.attachments, *(a for step in scenario.steps for a in step.attachments)):
            writer.attached(scenario, None, one, BODIES[one.file])
        writer.scenario_finished(scenario)
    for writer in writers:
        writer.close()


def replay(folder: Path, record: Path, results: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run a record again under pytest, through the Allure bridge, so that Allure results are made of it."""
    arguments = ["-p", "tests.reports_replay", "--replay", str(record), "--alluredir", str(results), *more]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", str(folder), "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def main(folder: Path) -> None:
    run = run_of(folder)
    write(run, folder / "record", files=2)
    (folder / "test_all.py").write_text(
        '"""The doubles are honest."""\n\ndef test_a_hub_refuses_a_bad_range():\n    pass\n'
    )
    print(replay(folder, folder / "record", folder / "allure-results", "test_all.py").stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
