"""Faults to plant in the studio, one at a time, and the count of those that some scenario notices.

`python -m tests.faults [name …]` plants each in a copy of the project, runs the features there, and prints which
scenario went red and what it said. `make test` plants every tenth: a fault that nobody notices is a red test.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from support.record import ScenarioRecord, read_record
from tests.fault import Fault
from tests.faults_of_characters import FAULTS_OF_CHARACTERS
from tests.faults_of_downloads import FAULTS_OF_DOWNLOADS
from tests.faults_of_library import FAULTS_OF_LIBRARY
from tests.faults_of_recipes import FAULTS_OF_RECIPES
from tests.project import Project

__all__ = ["FAULTS", "Fault", "plant"]


FAULTS = (
    *FAULTS_OF_DOWNLOADS,
    *FAULTS_OF_RECIPES,
    *FAULTS_OF_LIBRARY,
    *FAULTS_OF_CHARACTERS,
    Fault(
        "one reference picture too few is made",
        "characters",
        "app/generation/mock.py",
        "for number in range(request.num_images):",
        "for number in range(max(1, request.num_images - 1)):",
        "there are 4 reference pictures",
    ),
    Fault(
        "every picture is made square",
        "generation/pictures.feature",
        "app/generation/drawing.py",
        "size = (request.width, request.height)\n    clouds",
        "size = (request.width, request.width)\n    clouds",
        "the picture measures",
        shown=True,
    ),
    Fault(
        "the seed is not used",
        "generation/pictures.feature",
        "app/generation/drawing.py",
        "items()),\n        seed,\n",
        "items()),\n",
        "another seed makes another picture",
    ),
    Fault(
        "pictures of a batch share one seed",
        "generation/pictures.feature",
        "app/generation/port.py",
        "return (self.seed + number) % SEEDS",
        "return self.seed % SEEDS",
        "3 different pictures are made",
    ),
    Fault(
        "cancelling does not reach the job at work",
        "generation/cancelling.feature",
        "app/generation/workshop.py",
        "found[1].stop(Cancelled)",
        "pass",
        "is painted no more",
    ),
    Fault(
        "urgent jobs wait like all others",
        "generation/queue.feature",
        "app/generation/service.py",
        "urgency=URGENT if order.urgent else NORMAL",
        "urgency=NORMAL",
        "painted were, in this order",
    ),
    Fault(
        "the queue takes any number",
        "generation/queue.feature",
        "app/generation/tables.py",
        "if waiting >= limit:",
        "if False:",
        "it is turned down until later",
    ),
    Fault(
        "every second inference step is told",
        "generation/progress.feature",
        "app/generation/attempt.py",
        "if step > self._step:",
        "if step > self._step + 1:",
        "are told in order",
    ),
    Fault(
        "the time limit is not kept",
        "generation/failures.feature",
        "app/generation/attempt.py",
        "if self._reason is None and now >= self._deadline:",
        "if self._reason is None and False:",
        "fails because of '39 seconds'",
    ),
    Fault(
        "jobs that wait are forgotten by a restart",
        "generation/restart.feature",
        "app/generation/service.py",
        "                self._dispatcher.submit(replace(job.ticket, urgency=urgency))",
        "                if job.status is not JobState.PENDING:\n"
        "                    self._dispatcher.submit(replace(job.ticket, urgency=urgency))",
        "painted were, in this order",
    ),
    Fault(
        "pictures are kept longer than agreed",
        "generation/observing.feature",
        "app/wiring.py",
        "keep=timedelta(days=settings.generation_keep_days)",
        "keep=2 * timedelta(days=settings.generation_keep_days)",
        "?",
    ),
    Fault(
        "a picture does not carry its settings",
        "generation/files.feature",
        "app/generation/album.py",
        "parameters=written)",
        'parameters="")',
        "the prompt is read as",
    ),
    Fault(
        "a restart paints again what the server paints already",
        "generation/restart.feature",
        "app/generation/workshop.py",
        "number=max(job.attempts, 1), place=job.place)",
        "number=max(job.attempts, 1))",
        "is asked to paint “a red circle” 1 time(s)",
        backend="comfyui",
    ),
    Fault(
        "somebody else's picture is stopped",
        "generation/cancelling.feature",
        "app/generation/comfyui/ending.py",
        "sorted(wanted & queue.running.keys())",
        "sorted(queue.running.keys())",
        "the word to stop names our own picture",
        backend="comfyui",
    ),
    Fault(
        "a server that is down is asked only once",
        "generation/failures.feature",
        "app/generation/attempt.py",
        "BACK_OFF_SECONDS = (2.0, 8.0)",
        "BACK_OFF_SECONDS: tuple[float, ...] = ()",
        "2 waits are told",
        backend="comfyui",
    ),
    Fault(
        "LoRAs are left out of the workflow",
        "generation/loras.feature",
        "app/generation/comfyui/painting.py",
        "for lora in request.loras if lora.scale",
        "for lora in request.loras if False",
        "makes another picture",
        backend="comfyui",
    ),
    Fault(
        "what the server left out is not told",
        "generation/servers.feature",
        "app/generation/comfyui/painting.py",
        "        self.warnings += missing\n",
        "",
        "it is warned that they were not painted",
        backend="comfyui",
    ),
    Fault(
        "a studio without a home calls itself ready",
        "studio",
        "app/health.py",
        "status=next(condition for condition in WORST_FIRST if condition in found),",
        'status="ready",',
        "the studio has failed",
    ),
    Fault(
        "any key is taken for the right one",
        "studio",
        "app/security.py",
        "if not any(matches):",
        "if not matches:",
        "the caller is turned away",
    ),
    Fault(
        "foreign web pages are let in",
        "studio",
        "app/security.py",
        "if _netloc(origin) != host.lower():",
        "if False:",
        "it is refused because of 'https://evil.example'",
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What became of one planted fault. noticed: the first scenario that went red, if any."""

    fault: Fault
    noticed: ScenarioRecord | None
    red: int

    @property
    def message(self) -> str:
        return self.noticed.reason if self.noticed is not None else ""

    @property
    def told(self) -> bool:
        """Whether some scenario went red, and for the reason that was planted."""
        return self.fault.says in self.message


def plant(fault: Fault, folder: Path, *, until_noticed: bool = False) -> Outcome:
    """Run the noun's features on a studio with this fault in it.

    until_noticed: go no further than the first red scenario, if that says what it must.
    """
    project = Project(folder, features=True)
    project.plant(fault.file, fault.old, fault.new)
    outcome = _run(project, fault, *(["--maxfail=1"] if until_noticed else []))
    return outcome if outcome.told or not until_noticed else _run(project, fault)


def _run(project: Project, fault: Fault, *more: str) -> Outcome:
    record = project.folder / "record"
    shutil.rmtree(record, ignore_errors=True)
    how = ("-q", "-p", "no:randomly", "--backend", fault.backend, "--record", "record", *more)
    run = project.pytest(f"features/{fault.noun}", *how)
    red = [r for r in read_record(record) if r.status not in ("passed", "skipped")]
    if not red and run.status != 0:
        raise RuntimeError(f"{fault.name}: the run went wrong without a red scenario:\n{run.text[-2000:]}")
    said = [r for r in red if fault.says in r.reason]
    return Outcome(fault, next(iter(said or red), None), len(red))


def plant_all(faults: Sequence[Fault]) -> Iterator[Outcome]:
    for fault in faults:
        with tempfile.TemporaryDirectory(prefix="fault-") as folder:
            yield plant(fault, Path(folder))


def main(names: Sequence[str]) -> int:
    """Plant the named faults, or all; 1 if any went unnoticed or was told in other words."""
    table = Table("fault", "scenarios red", "noticed by", "said", title="Planted faults")
    outcomes = []
    for outcome in plant_all([f for f in FAULTS if not names or f.name in names]):
        outcomes.append(outcome)
        noticed = outcome.noticed.name if outcome.noticed else "nobody"
        table.add_row(outcome.fault.name, str(outcome.red), noticed, "\n".join(outcome.message.splitlines()[:2]))
    told = sum(outcome.told for outcome in outcomes)
    Console().print(table)
    print(f"{told} of {len(outcomes)} planted faults are noticed, for the right reason")
    return 0 if told == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
