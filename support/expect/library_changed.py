"""What must be true after a change of the library: of the others, of what can be undone, of what is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import library_files
from support.bdd import StepError
from support.expect.expectation import Expectation
from support.waiting import until

if TYPE_CHECKING:
    from support.acts.library_disk import Snapshot
    from support.world import World

GRACE = timedelta(seconds=20)


class ExpectChanged(Expectation):
    """Checks on the library as a whole, before and after a change."""

    def left_all_else(self) -> None:
        """Every other file is the same byte for byte, none has come or gone; every other entry is as it was."""
        before, now = self._world.library.disk.before, self._world.library.disk.snapshot()
        if before is None:
            raise StepError("nobody has remembered how the library was: a When must do so")
        self._same("files", self._others(before.files), self._others(now.files))
        ours = {model_id for name, model_id in self._world.library.ids.items() if name in self._touched}
        self._same("entries", _entries(before, ours), _entries(now, ours))

    def left_everything(self) -> None:
        """As `left_all_else`, and what the change was about is as it was, too."""
        self._world.library.disk.touched.clear()
        self.left_all_else()

    @property
    def _touched(self) -> set[str]:
        return self._world.library.disk.touched

    def _others(self, files: dict[str, str]) -> dict[str, str]:
        """The files that belong to no model that the change is about."""
        paths = [self._world.library.disk.placed[name].path for name in self._touched]
        return {file: sum_ for file, sum_ in files.items() if not _is_of(Path(file), paths)}

    def _same(self, what: str, before: dict[Any, Any], now: dict[Any, Any]) -> None:
        changed = [str(key) for key in before.keys() & now.keys() if before[key] != now[key]]
        gone, new = sorted(map(str, before.keys() - now.keys())), sorted(map(str, now.keys() - before.keys()))
        self._hold(
            before == now,
            f"all other {what} of the library are as they were",
            f"changed are {changed}, gone are {gone}, new are {new}",
        )

    # Deletions

    def can_be_undone_for(self, duration: timedelta) -> None:
        until_moment = self._world.library.changes.undo_until
        left = until_moment - self._world.clock.now() if until_moment else timedelta()
        self._hold(left == duration, f"the deletion can be undone for {duration}", f"it can be for {left}")

    def named_what_was_deleted(self, names: list[str]) -> None:
        """The answer names every file that it took, and no other."""
        placed = self._world.library.disk.placed
        wanted = sorted(path.name for name in names for path in placed[name].files)
        told = sorted(Path(file).name for file in self._world.answered.must().body["files"])
        self._hold(told == wanted, f"the deletion names {', '.join(wanted)}", f"it names {', '.join(told)}")

    def refused_as(self, code: str) -> None:
        """Refused as a clash with what is there, for this reason and no other."""
        answer = self._world.answered
        told = (answer.body or {}).get("code") if answer.is_problem else None
        self._hold(not answer.accepted, f"it is refused as {code}", "it was accepted")
        self._hold((answer.status, told) == (409, code), f"it is refused as {code}", f"it is refused: {answer.reason}")

    def failed_for(self, why: str) -> None:
        """Not the caller's fault; told as such, with its cause, so that somebody can mend it."""
        answer = self._world.answered
        told = answer.reason if answer.is_problem else "another form of answer"
        self._hold(not answer.accepted, f"it cannot be done because of {why!r}", "it was done")
        known = answer.status in (503, 507) and why in told
        self._hold(known, f"it is told that it cannot be done because of {why!r}", f"told is {answer.status}: {told}")

    def each_is_whole_or_gone(self) -> None:
        """Listed with all its files in place, or not listed and none of them there: nothing in between."""
        library = self._world.library
        listed = {_called(item) for item in library.listed()}
        for name, placed in library.disk.placed.items():
            there = [path.is_file() and path.read_bytes() == content for path, content in placed.files.items()]
            self._hold(
                all(there) if name in listed else not any(there),
                f"“{name}” is whole or gone",
                f"it is {'' if name in listed else 'not '}listed; of its {len(there)} files {sum(there)} are there",
            )

    def recipe_knows_its_lora(self, recipe: str) -> None:
        """Whatever the model is called now, the recipe has it."""
        view = self._world.client.recipes.get(self._world.recipes.id(recipe)).must().body
        items = {item["id"]: item["name"] for item in self._world.library.listed()}
        told = [(lora["name"], lora["available"], lora["model_id"]) for lora in view["loras"]]
        right = len(told) == 1 and told[0][1] and items.get(told[0][2]) == told[0][0]
        self._hold(right, f"“{recipe}” has its LoRA, as it is called", f"it tells {told}; the library has {items}")

    def never_listed_half(self) -> None:
        half = self._world.library.disk.listed_half
        self._hold(not half, "a model that is still being copied is not listed", "the library listed the half of it")

    # Duplicates and verifying

    def duplicates_by(self, what: str, groups: list[list[str]]) -> None:
        """The models that share a hash or a name, group by group."""
        body = self._world.client.library.duplicates(self._world.library.KIND).must().body
        told = [sorted(_called(item) for item in group["models"]) for group in body[f"by_{what}"]]
        wanted = sorted(sorted(group) for group in groups)
        self._hold(sorted(told) == wanted, f"duplicates by {what} are {wanted}", f"told are {sorted(told)}")

    def verified(self, count: int, *, changed: list[str], missing: list[str]) -> None:
        body = self._world.answered.must().body
        told = {
            "verified": body["verified"],
            "changed": sorted(_called(item) for item in body["changed"]),
            "missing": sorted(entry["file"] for entry in body["missing"]),
        }
        wanted = {"verified": count, "changed": sorted(changed), "missing": sorted(missing)}
        self._hold(told == wanted, f"the check tells {wanted}", f"it tells {told}")

    def excluded_are(self, names: list[str]) -> None:
        """What is asked for by itself: the models that are left out everywhere else."""
        listed = [_called(item) for item in self._world.library.listed(excluded=True)]
        self._hold(listed == names, f"left out are {names}", f"told are {listed}")

    # What listeners hear of scans

    def scan_was_told(self, names: int) -> None:
        """From its start to its one end, progress never going back; its end tells what the answer told."""
        until(lambda: "completed" in self._events())
        told = self._events()
        plain = [event for event in told if event not in ("snapshot", "progress")]
        self._hold(plain == ["started", "completed"], "a scan is told from start to end", f"told were {told}")
        heard = self._heard()
        self._hold(
            all(e["kind"] == "loras" for e in heard if e["event"] != "snapshot"), "it names its kind", f"{heard}"
        )
        done = [(e["done"], e["of"]) for e in heard if e["event"] == "progress"]
        self._hold(done == sorted(done), "its progress never goes back", f"told were {done}")
        self._hold(all(d <= of <= names for d, of in done), f"its progress is one of {names}", f"told were {done}")
        self._hold(bool(done) and done[-1][0] == names, f"its progress ends at {names} models", f"told were {done}")
        report, end = self._world.library.report, heard[-1]
        differ = {key: end.get(key) for key, value in report.items() if end.get(key) != value}
        self._hold(not differ, "its end tells what the scan reports", f"it tells otherwise {differ}")

    def _heard(self) -> list[dict[str, Any]]:
        stream = self._world.library.stream
        return stream.heard if stream else []

    def _events(self) -> list[str]:
        return [str(event["event"]) for event in self._heard()]


def _is_of(file: Path, models: list[Path]) -> bool:
    return any(file.parent == model.parent and library_files.belongs(file.name, model.stem) for model in models)


def _entries(snapshot: Snapshot, without: set[str]) -> dict[Any, Any]:
    return {key: item for key, item in snapshot.items.items() if key[1] not in without}


def _called(item: dict[str, Any]) -> str:
    return "/".join(filter(None, (item["folder"], item["file_name"])))


def library_changed(world: World) -> ExpectChanged:
    """Checks on the library before and after a change."""
    return ExpectChanged(world)
