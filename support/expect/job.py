"""What must be true of a generation job: in its view, in the list, on the disk, and where it was painted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import pictures as oracle
from support.acts.generation import from_data_url
from support.acts.jobs import FINAL
from support.expect.expectation import Expectation
from support.parameter_types import Sides, in_words
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

# Of 255: how far a small picture may be from the large one, on average.
ALIKE = 12


class ExpectJob(Expectation):
    """Checks on one job, called by its prompt."""

    def __init__(self, world: World, prompt: str) -> None:
        super().__init__(world)
        self._prompt = prompt

    @property
    def _view(self) -> dict[str, Any]:
        return self._world.jobs.view(self._prompt)

    def _hold(self, holds: bool, promise: str, finding: str) -> None:
        __tracebackhide__ = True
        super()._hold(holds, f"the job “{self._prompt}” {promise}", finding)

    def _finding(self) -> str:
        """The job as its view tells it, in one sentence."""
        view = self._view
        why = f": {view['error']['message']}" if view["error"] else ""
        return (
            f"it is {view['state']}{why} ({view['step']} of {view['of']} inference steps, attempt {view['attempts']})"
        )

    def _ends(self, wanted: str, promise: str) -> None:
        __tracebackhide__ = True
        self._hold(self._world.jobs.ended(self._prompt) == wanted, promise, self._finding())

    # States

    def completed(self) -> None:
        """In its view and in the list, with all its pictures to be fetched, and no error."""
        self._ends("completed", "is complete")
        view = self._view
        wanted = self._world.jobs.requests[self._prompt].get("num_images", 1)
        told = len(view["pictures"])
        self._hold(told == wanted or not told, f"has {wanted} picture(s)", f"it has {told}")
        self._hold(view["step"] == view["of"], "has done all its inference steps", self._finding())
        self._hold(view["error"] is None and view["ended_at"] is not None, "ended without an error", self._finding())
        self.listed_as("completed")

    def failed(self, because: str) -> None:
        """In its view and in the list, with the reason, and without a picture."""
        self._ends("failed", f"fails because of {because!r}")
        error = self._view["error"] or {}
        told = f"{error.get('node') or ''} {error.get('message', '')}"
        self._hold(because.lower() in told.lower(), f"fails because of {because!r}", f"the reason told is: {told}")
        self.has_no_picture()
        self.listed_as("failed")

    def cancelled(self) -> None:
        self._ends("cancelled", "is cancelled")
        self._hold(self._view["error"] is None, "has not failed", self._finding())
        self.listed_as("cancelled")

    def running(self) -> None:
        """It is being painted, and goes on being painted while nobody moves the clock."""
        until(lambda: self._view["state"] == "running")
        until(lambda: self._view["state"] != "running", within=timedelta(milliseconds=50))
        self._hold(self._view["state"] == "running", "is being painted", self._finding())

    def waits_in_place(self, place: int | None) -> None:
        view = self._view
        self._hold(view["position"] == place, f"waits in place {place or 'none'}", f"it is told {view['position']}")
        self._hold((place is not None) == (view["state"] == "pending"), "waits, or not", self._finding())

    def listed_as(self, state: str) -> None:
        jobs = self._world.client.generation.list(page_size=100).must().body["jobs"]
        listed = {job["id"]: job["state"] for job in jobs}.get(self._world.jobs.id(self._prompt))
        self._hold(listed == state, f"is listed as {state}", f"the list says {listed or 'nothing of it'}")

    def attempted(self, times: int) -> None:
        self._hold(self._view["attempts"] == times, f"was attempted {times} time(s)", self._finding())

    def gone(self) -> None:
        answer = self._world.client.generation.get(self._world.jobs.id(self._prompt))
        self._hold(answer.status == 404, "is gone", "the studio still tells it")
        jobs = self._world.client.generation.list(page_size=100).must().body["jobs"]
        listed = self._world.jobs.id(self._prompt) in [job["id"] for job in jobs]
        self._hold(not listed, "is listed no longer", "it is still listed")

    # Pictures

    def picture_measures(self, wanted: Sides) -> None:
        """The picture can be fetched, is as large as asked for, and is what the view tells of it."""
        self._world.jobs.ended(self._prompt)
        answer = self._world.jobs.picture(self._prompt)
        self._hold(answer.accepted, "has a picture that can be fetched", answer.reason)
        width, height = oracle.decode(answer.content).size
        told = self._view["pictures"][0]
        self._hold(
            (width, height) == (wanted.width, wanted.height) == (told["width"], told["height"]),
            f"has a picture of {wanted}",
            f"it measures {width}×{height}, and is told as {told['width']}×{told['height']}",
        )
        self._hold(told["size_bytes"] == len(answer.content), "tells its picture's size honestly", f"told is {told}")

    def shows(self, colour: str) -> None:
        self.completed()
        seen = oracle.main_colour(self._world.jobs.picture(self._prompt).must().content)
        self._hold(seen == colour, f"has a picture that shows {colour}", f"it shows {seen}")

    def is_shown(self) -> None:
        """What was fetched last is the job's picture, whatever its size."""
        whole, shown = self._world.jobs.picture(self._prompt).must().content, self._world.generation.pictures[0]
        apart = oracle.distance(whole, shown)
        self._hold(apart <= ALIKE, "is shown by what was fetched", f"it is {apart:.0f} of 255 apart from its picture")

    def is_what_waiting_gives(self) -> None:
        """The same picture, byte for byte, as whoever waits for the answer gets."""
        kept = self._world.jobs.picture(self._prompt)
        self._hold(kept.accepted, "has a picture", kept.reason)
        request = self._world.jobs.requests[self._prompt]
        answer = self._world.pace.while_it_goes_on(lambda: self._world.client.generation.infer(**request))
        alone = from_data_url(answer.must().body["images"][0])
        self._world.evidence.picture("without a job", alone)
        self._hold(kept.content == alone, "has the picture that comes without a job", "it has another one")

    def has_no_picture(self) -> None:
        """Neither in its view, nor to be fetched, nor on the disk."""
        view, answer = self._view, self._world.jobs.picture(self._prompt)
        self._hold(view["pictures"] == [], "tells of no picture", f"it tells of {len(view['pictures'])}")
        self._hold(answer.status == 404, "has no picture to be fetched", f"the studio says {answer.status}")
        self._hold(not self._files(), "has no picture on the disk", f"there lies {_named(self._files())}")

    def has_one_picture(self) -> None:
        view = self._view
        self._hold(len(view["pictures"]) == 1, "has exactly one picture", f"it tells of {len(view['pictures'])}")
        files = self._files()
        if self._world.environment.studio_url is None:
            self._hold(len(files) == 1, "left exactly one picture on the disk", f"there lies {_named(files)}")

    def left_nothing(self) -> None:
        answer = self._world.client.generation.image(self._world.jobs.id(self._prompt))
        self._hold(answer.status == 404, "left no picture", f"the studio says {answer.status}")
        self._hold(not self._files(), "left nothing on the disk", f"there lies {_named(self._files())}")

    def picture_is(self, verdict: str) -> None:
        """Kept: to be fetched. Kept no longer: told so, and gone from the disk."""
        answer = self._world.jobs.picture(self._prompt)
        wanted = {"kept": 200, "kept no longer": 410}[verdict]
        self._hold(answer.status == wanted, f"has a picture that is {verdict}", f"the studio says {answer.status}")
        there = bool(self._files())
        self._hold(there == (verdict == "kept"), f"has a picture on the disk that is {verdict}", f"there: {there}")

    def _files(self) -> list[Path]:
        """What lies on the disk of this job, where we may look."""
        if self._world.environment.studio_url is not None:
            return []
        return sorted(self._world.home.rglob(f"*{self._world.jobs.id(self._prompt)}*"))

    # What it tells

    def tells_what_was_asked(self) -> None:
        told = self._view["request"]
        for name, value in self._world.jobs.requests[self._prompt].items():
            self._hold(told.get(name) == value, f"tells that {name} was {value!r}", f"it tells {told.get(name)!r}")

    def tells_pictures(self, *seeds: int) -> None:
        """Each with its own seed, in order, and each another picture."""
        told = [picture["seed"] for picture in self._view["pictures"]]
        self._hold(told == list(seeds), f"tells its pictures with the seeds {list(seeds)}", f"it tells {told}")
        files = {self._world.jobs.picture(self._prompt, number).content for number in range(1, len(seeds) + 1)}
        self._hold(len(files) == len(seeds), "has a picture for each of its seeds", f"{len(files)} differ")

    def tells_its_moments(self) -> None:
        moments = [self._view[name] for name in ("created_at", "started_at", "ended_at")]
        self._hold(None not in moments, "tells when it was asked for, begun and done", f"it tells {moments}")
        self._hold(moments == sorted(moments), "tells its moments in order", f"it tells {moments}")

    def took(self, duration: timedelta) -> None:
        view = self._view
        self._hold(view["state"] in FINAL, "has ended", self._finding())
        took = datetime.fromisoformat(view["ended_at"]) - datetime.fromisoformat(view["started_at"])
        self._hold(took == duration, f"took {in_words(duration)}", f"it took {in_words(took)}")

    def hides_the_inside(self) -> None:
        """Neither the view nor the channel shows a trace of code, or a folder of the server's machine."""
        stream = self._world.jobs.stream
        told = f"{self._view} {stream.heard if stream else ''}"
        found = [word for word in ("Traceback", "File \\", ".py", "/tmp", "/dev/shm") if word in told]
        self._hold(not found, "tells nothing of the server's inside", f"told is {found}: {self._finding()}")

    def is_told_by_the_recipe(self, name: str) -> None:
        """The recipe that was saved from its picture holds the settings that the job was asked with."""
        recipe = self._world.client.recipes.get(self._world.recipes.id(name)).must().body["settings"]
        request = self._world.jobs.requests[self._prompt]
        wanted = {"num_inference_steps" if field == "steps" else field: value for field, value in request.items()}
        told = {field: recipe.get(field) for field in wanted}
        self._hold(told == wanted, f"is told by its recipe as {wanted}", f"the recipe tells {told}")

    def is_painted_no_more(self) -> None:
        """Nobody waits for the end of an inference step any more, here or at a server."""
        until(lambda: not self._world.clock.sleepers)
        self._hold(not self._world.clock.sleepers, "is painted no more", "an inference step is still being done")
        for server in self._world.comfyui_servers:
            until(lambda server=server: server.running() is None)  # type: ignore[misc]
            self._hold(server.running() is None, "is painted no more at the server", "the server still paints it")


def job(world: World, prompt: str | None = None) -> ExpectJob:
    """Checks on the job for `prompt`; without one, on the job that was spoken of last."""
    return ExpectJob(world, prompt or world.jobs.current)


def _named(files: list[Path]) -> str:
    return ", ".join(path.name for path in files)
