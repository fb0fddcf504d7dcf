"""What must be true of all jobs together: their order, their lists, their counts, and what listeners hear of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from support import pictures as oracle
from support.acts.generation import from_data_url
from support.acts.jobs import FINAL
from support.expect.expectation import Expectation
from support.parameter_types import in_words
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

STATES = ("pending", "running", *FINAL)


class ExpectJobs(Expectation):
    """Checks on the jobs of a studio."""

    def painted_in_order(self, wanted: list[str]) -> None:
        """These were begun, one after the other, and no other of the scenario's; and each has ended."""
        jobs = self._all()
        begun = sorted((job for job in jobs if job["started_at"]), key=lambda job: job["started_at"])
        own = [job["prompt"] for job in begun if not job["prompt"].startswith("somebody else")]
        self._hold(own == wanted, f"painted were, in this order, {', '.join(wanted)}", f"painted were {', '.join(own)}")
        done = [job["prompt"] for job in begun if job["state"] == "completed" and job["prompt"] in wanted]
        self._hold(done == wanted, f"completed are {', '.join(wanted)}", f"completed are {', '.join(done)}")

    def listed_before(self, first: str, second: str) -> None:
        ids = [job["id"] for job in self._world.jobs.listed]
        places = [ids.index(self._world.jobs.id(prompt)) for prompt in (first, second)]
        self._hold(places[0] < places[1], f"“{first}” is listed before “{second}”", f"they stand in places {places}")

    def only(self, prompt: str) -> None:
        own = {job_id: known for known, job_id in self._world.jobs.ids.items()}
        listed = [own[job["id"]] for job in self._world.jobs.listed if job["id"] in own]
        self._hold(listed == [prompt], f"only “{prompt}” is listed", f"listed are {listed}")

    def on_pages(self, count: int) -> None:
        """So many pages, every job on exactly one of them, and the total told honestly on each."""
        pages = self._world.jobs.pages
        self._hold(len(pages) == count, f"there are {count} pages", f"there are {len(pages)}")
        ids = [job["id"] for page in pages for job in page]
        self._hold(len(ids) == len(set(ids)), "every job is on one page", "one is on several")
        wanted = set(self._world.jobs.ids.values())
        self._hold(set(ids) == wanted, "every job is on a page", f"{len(wanted - set(ids))} are on none")
        told = self._world.answered.must().body["total"]
        self._hold(told == len(wanted), f"a total of {len(wanted)} is told", f"told is {told}")

    def none_for(self, prompt: str) -> None:
        prompts = [job["prompt"] for job in self._all()]
        self._hold(prompt not in prompts, f"the studio knows no job for “{prompt}”", "it lists one")

    def nothing_kept_of_who_hung_up(self) -> None:
        """The job of whoever hung up is cancelled, and has no picture."""
        prompt = self._world.jobs.hung_up

        def found() -> list[dict[str, Any]]:
            return [job for job in self._all() if job["prompt"] == prompt]

        until(lambda: [job for job in found() if job["state"] == "cancelled"])
        states = [job["state"] for job in found()]
        self._hold(states == ["cancelled"], "the job of whoever hung up is cancelled", f"it is {states or 'unknown'}")
        files = [path.name for job in found() for path in self._world.home.rglob(f"*{job['id']}*")]
        self._hold(not files and not found()[0]["pictures"], "nothing is kept of it", f"there is {files}")

    def counted_as_listed(self) -> None:
        counts = self._world.answered.must().body
        for state in STATES:
            listed = self._world.client.generation.list(state=state).must().body["total"]
            self._hold(counts[state] == listed, f"{listed} are counted as {state}", f"{counts[state]} are")

    def counted(self, *states: str) -> None:
        counts = self._world.answered.must().body
        for state in states:
            self._hold(counts[state] >= 1, f"at least one is counted as {state}", f"{counts[state]} are")

    def none_lost_or_mixed(self) -> None:
        """Every one that was asked for is completed, and shows what it was asked for, with its own seed."""
        for job_id, prompt, seed in self._world.many_jobs.asked:
            view = self._world.client.generation.get(job_id).must().body
            told = (view["state"], view["prompt"], view["seed"])
            self._hold(told == ("completed", prompt, seed), f"“{prompt}”, seed {seed}, is completed", f"it is {told}")
            picture = self._world.client.generation.image(job_id).must().content
            _, colour, shape = prompt.split()
            seen = (oracle.main_colour(picture), oracle.main_shape(picture))
            self._hold(seen == (colour, shape), f"“{prompt}”, seed {seed}, is what is seen", f"seen is {seen}")

    def all_done(self) -> None:
        counts = self._world.client.generation.stats().must().body
        wanted = len(self._world.many_jobs.asked)
        self._hold(counts["completed"] == wanted, f"all {wanted} jobs are completed", f"the counts are {counts}")

    def memory_grew_by_at_most(self, share: float) -> None:
        """share: in percent."""
        before, after = self._world.many_jobs.bytes_before, self._world.many_jobs.bytes_after
        grew = 100 * (after - before) / before
        found = f"{before / 1e6:.1f} MB became {after / 1e6:.1f} MB, {grew:.1f} % more"
        self._hold(grew <= share, f"the studio's memory grows by at most {share:g} %", found)

    def _all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._world.client.generation.list(page_size=100).must().body["jobs"]
        return found


class ExpectHeard(Expectation):
    """Checks on what the listeners heard, of one job where a prompt is given."""

    def told(self, prompt: str, wanted: list[str]) -> None:
        """The changes of state that listeners heard, progress left out."""
        told = [event["event"] for event in self._ended(prompt) if event["event"] != "progress"]
        self._hold(
            told == wanted, f"the job is told as {', '.join(wanted)}", f"heard was {', '.join(told) or 'nothing'}"
        )

    def told_one_end(self, prompt: str, wanted: str) -> None:
        ends = [event["event"] for event in self._ended(prompt) if event["event"] in FINAL]
        self._hold(ends == [wanted], f"the job has one end, {wanted}", f"heard was {', '.join(ends) or 'no end'}")
        last = self._of(prompt)[-1]["event"]
        self._hold(last == wanted, "nothing is told after the end", f"the last word was {last}")

    def told_steps(self, prompt: str, first: int, last: int) -> None:
        """Each inference step once, in rising order, each with how many there are; then one end."""
        heard = self._ended(prompt)
        events = [event for event in heard if event["event"] == "progress"]
        steps = [event["step"] for event in events]
        self._hold(
            steps == list(range(first, last + 1)), f"steps {first} to {last} are told in order", f"told: {steps}"
        )
        wrong = [event["of"] for event in events if event["of"] != last]
        self._hold(not wrong, f"it is told that there are {last}", f"told is {wrong}")
        ends = [event["event"] for event in heard if event["event"] in FINAL]
        self._hold(len(ends) == 1, "one end is told", f"told is {', '.join(ends) or 'none'}")

    def told_with_pictures(self, prompt: str) -> None:
        """Every preview is a picture, and there is at least one."""
        previews = self._previews(prompt)
        self._hold(bool(previews), "the progress comes with pictures", "it comes with none")
        for preview in previews:
            picture = from_data_url(preview)
            self._world.evidence.picture("a preview", picture)
            try:
                oracle.decode(picture)
            except oracle.NoPicture as error:
                self._hold(False, "a preview is a picture", str(error))

    def told_without_pictures(self, prompt: str) -> None:
        count = len(self._previews(prompt))
        steps = [event for event in self._of(prompt) if event["event"] == "progress"]
        self._hold(bool(steps), "the progress is told", "it is not")
        self._hold(not count, "the progress comes without pictures", f"it came with {count}")

    def nothing_of(self, prompt: str) -> None:
        heard = [event["event"] for event in self._of(prompt)]
        snapshot = [job["id"] for event in self._heard for job in event.get("jobs", [])]
        self._hold(not heard, f"nothing is heard of “{prompt}”", f"heard was {', '.join(heard)}")
        self._hold(
            self._world.jobs.id(prompt) not in snapshot, f"nothing is shown of “{prompt}”", "it was shown at first"
        )

    def shown_at_once(self, prompt: str, step: int, of: int) -> None:
        first = self._heard[0] if self._heard else {}
        jobs = {job["id"]: job for job in first.get("jobs", [])}
        shown = jobs.get(self._world.jobs.id(prompt), {})
        self._hold(first.get("event") == "snapshot", "the first word is how things are", f"it is {first.get('event')}")
        found = (shown.get("step"), shown.get("of"))
        self._hold(found == (step, of), f"{step} of {of} inference steps are told to be done", f"told is {found}")

    def heard_every_end(self) -> None:
        """Of every job, exactly one end, though more was told than a listener who does not read can be sent."""
        ids = set(self._world.jobs.ids.values())

        def ends() -> list[str]:
            return [event["id"] for event in self._heard if event["event"] in FINAL]

        until(lambda: ids <= set(ends()))
        missed = len(ids - set(ends()))
        self._hold(not missed, "the end of every job is heard", f"{missed} of {len(ids)} ends were never heard")
        self._hold(len(ends()) == len(ids), "each job has one end", f"{len(ends())} ends were heard of {len(ids)}")

    def waited_longer_each_time(self, prompt: str, attempts: int) -> None:
        waits = [_wait(event) for event in self._ended(prompt) if event["event"] == "waiting"]
        self._hold(len(waits) == attempts - 1, f"{attempts - 1} waits are told", f"told are {len(waits)}")
        self._hold(
            waits == sorted(set(waits)),
            "each wait is longer than the one before",
            f"they are {', '.join(map(in_words, waits))}",
        )

    @property
    def _heard(self) -> list[dict[str, Any]]:
        stream = self._world.jobs.stream
        return stream.heard if stream else []

    def _of(self, prompt: str) -> list[dict[str, Any]]:
        job_id = self._world.jobs.id(prompt)
        return [event for event in self._heard if event.get("id") == job_id]

    def _ended(self, prompt: str) -> list[dict[str, Any]]:
        """What was heard of the job, once its end was."""
        until(lambda: [event for event in self._of(prompt) if event["event"] in FINAL])
        events = self._of(prompt)
        shown = [{name: value for name, value in event.items() if name != "preview"} for event in events]
        self._world.evidence.text("what the listeners heard", "\n".join(map(str, shown)))
        return events

    def _previews(self, prompt: str) -> list[str]:
        return [event["preview"] for event in self._of(prompt) if event.get("preview")]


def jobs(world: World) -> ExpectJobs:
    """Checks on the jobs of a studio."""
    return ExpectJobs(world)


def heard(world: World) -> ExpectHeard:
    """Checks on what the listeners heard."""
    return ExpectHeard(world)


def _wait(event: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(event["until"]) - datetime.fromisoformat(event["at"])
