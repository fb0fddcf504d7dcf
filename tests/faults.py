"""Faults to plant in the studio, one at a time, and the count of those that some scenario notices.

`python -m tests.faults [name …]` plants each in a copy of the project, runs the features there, and prints which
scenario went red and what it said. `make test` runs them too: a fault that nobody notices is a red test.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from support.record import ScenarioRecord, read_record
from tests.project import Project


@dataclass(frozen=True)
class Fault:
    """A fault in one place.

    noun: the features that must notice it; says: what the message must speak of; shown: in the README, too.
    """

    name: str
    noun: str
    file: str
    old: str
    new: str
    says: str
    shown: bool = False


FAULTS = (
    Fault(
        "a checksum is not checked",
        "downloads",
        "app/downloads/transfer.py",
        "if source.sha256 is not None and part.sha256 != source.sha256:",
        "if source.sha256 is not None and False:",
        "fails because of 'its checksum is wrong'",
        shown=True,
    ),
    Fault(
        "the last event is lost",
        "downloads",
        "app/downloads/service.py",
        "        self.channel.publish(change_of(download, self._clock.now()))",
        "        if download.status is not DownloadState.COMPLETED:\n"
        "            self.channel.publish(change_of(download, self._clock.now()))",
        "is told as queued, started, verifying, completed",
    ),
    Fault(
        "a finished model is not put into the library",
        "downloads",
        "app/studio.py",
        "on_completed=library.register,",
        "on_completed=lambda path, kind, sha256: None,",
        "is in the library once it is complete",
    ),
    Fault(
        "a hub's word about waiting is ignored",
        "downloads",
        "app/downloads/delivery.py",
        "seconds = back_off(attempt) if fault.wait_seconds is None else fault.wait_seconds",
        "seconds = back_off(attempt)",
        "waits for 2 minutes",
    ),
    Fault(
        "two who ask are served twice",
        "downloads",
        "app/downloads/service.py",
        "download = session.scalar(_shared_by(order))",
        "download = None",
        "is one download for all who ask",
    ),
    Fault(
        "a hash in capital letters is another hash",
        "library",
        "app/library/hashes.py",
        'digits = text.strip().lower().removeprefix("0x")',
        'digits = text.strip().removeprefix("0x")',
        "“neon-city.safetensors” is found, and nothing else",
    ),
    Fault(
        "the LoRAs of a picture are lost",
        "recipes",
        "app/recipes/a1111.py",
        "loras=tuple(_loras(prompt, pairs)),",
        "loras=(),",
        "the LoRA “neon-city” is read with strength 0.8",
        shown=True,
    ),
    Fault(
        "a deleted recipe leaves its picture",
        "recipes",
        "app/recipes/service.py",
        "(self._folder / recipe.picture).unlink(missing_ok=True)",
        "pass",
        "no picture of a recipe is left",
    ),
    Fault(
        "a search minds capital letters",
        "recipes",
        "app/recipes/search.py",
        "for word in _BETWEEN_WORDS.split(fold_spaces(search))",
        "for word in _BETWEEN_WORDS.split(search)",
        "“Foggy lighthouse” is found",
    ),
    Fault(
        "one reference picture too few is made",
        "characters",
        "app/generation/mock.py",
        "for number in range(request.num_images)]",
        "for number in range(max(1, request.num_images - 1))]",
        "there are 4 reference pictures",
    ),
    Fault(
        "every picture is made square",
        "generation",
        "app/generation/mock.py",
        "image = _textured(COLOURS[behind], (request.width, request.height), chance)",
        "image = _textured(COLOURS[behind], (request.width, request.width), chance)",
        "the picture measures",
        shown=True,
    ),
    Fault(
        "the seed is not used",
        "generation",
        "app/generation/mock.py",
        "        float(request.guidance_scale),\n        seed,\n",
        "        float(request.guidance_scale),\n",
        "another seed makes another picture",
    ),
    Fault(
        "a studio without a home calls itself ready",
        "studio",
        "app/health.py",
        'status="ready" if ready else "failed",',
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


def plant(fault: Fault, folder: Path) -> Outcome:
    """Run the noun's features on a studio with this fault in it."""
    project = Project(folder, features=True)
    project.plant(fault.file, fault.old, fault.new)
    run = project.pytest(f"features/{fault.noun}", "-q", "-p", "no:randomly", "--record", "record")
    red = [r for r in read_record(folder / "record") if r.status not in ("passed", "skipped")]
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
