"""What must be true of pictures: their size, what they show, which file they are, whether they are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import pictures as oracle
from support.expect.expectation import Expectation
from support.parameter_types import Sides

if TYPE_CHECKING:
    from support.world import World

# How much of two subjects' places must be shared for the one to be where the other was.
IN_PLACE = 0.8


class ExpectPictures(Expectation):
    """Checks on the pictures that were made last."""

    def _first(self) -> bytes:
        answer = self._world.answer
        why = answer.reason if answer is not None and not answer.accepted else "nothing was made"
        self._hold(bool(self._world.generation.pictures), "a picture is made", why)
        return self._world.generation.pictures[0]

    def _before(self) -> bytes:
        self._hold(bool(self._world.generation.before), "a second picture is made", "there is only the first one")
        return self._world.generation.before[0]

    def measure(self, wanted: Sides) -> None:
        width, height = oracle.decode(self._first()).size
        self._hold(
            (width, height) == (wanted.width, wanted.height),
            f"the picture measures {wanted}",
            f"it measures {width}×{height}",
        )

    def same_as_before(self) -> None:
        self._first()
        same = self._world.generation.before == self._world.generation.pictures
        self._hold(same, "the same seed makes the same picture, byte for byte", "the two pictures differ")

    def be_the_very_first(self) -> None:
        self._first()
        same = self._world.generation.very_first == self._world.generation.pictures
        self._hold(same, "it is the very first picture, byte for byte", "the two pictures differ")

    def look_as_before(self) -> None:
        same = oracle.same_pixels(self._before(), self._first())
        self._hold(same, "both pictures look the same", "they differ")

    def differ_from_before(self) -> None:
        now = self._first()
        before = self._before()
        self._hold(not oracle.same_pixels(before, now), "another seed makes another picture", "every pixel is the same")

    def change_by(self, field: str) -> None:
        """Another picture; or the answer names the field among what had no effect, with a reason."""
        if oracle.same_pixels(self._before(), self._first()):
            idle = self._idle()
            self._hold(
                bool(idle.get(field)),
                f"{field} makes another picture, or it is told why not",
                f"every pixel is the same, and without effect, it is told, was {', '.join(idle) or 'nothing'}",
            )

    def show(self, colour: str) -> None:
        seen = oracle.main_colour(self._first())
        self._hold(seen == colour, f"the picture shows {colour}", f"it shows {seen}")

    def show_shape(self, shape: str) -> None:
        seen = oracle.main_shape(self._first())
        self._hold(seen == shape, f"the picture shows a {shape}", f"it shows a {seen}")

    def show_another_colour(self) -> None:
        before, now = oracle.main_colour(self._before()), oracle.main_colour(self._first())
        self._hold(before != now, f"what is not to be {before} has another colour", f"it is {now}")

    def show_in_place(self, shape: str) -> None:
        """The subject stands where the reference's stands, and is what it was."""
        share = oracle.overlap(self._world.references.picture, self._first())
        self._hold(share >= IN_PLACE, f"the {shape} is where it was, to {IN_PLACE:.0%}", f"they share {share:.0%}")
        self.show_shape(shape)

    def are_different(self, count: int) -> None:
        self._first()
        made = self._world.generation.pictures
        self._hold(len(made) == count, f"{count} pictures are made", f"{len(made)} are made")
        self._hold(len(set(made)) == count, f"{count} different pictures are made", f"{len(set(made))} differ")

    def second_equals_single(self, seed: int) -> None:
        """Picture k of a batch is the single picture of seed + k: a batch changes nothing but the count."""
        self._first()
        batch, prompt = self._world.generation.pictures, self._world.generation.prompt
        self._world.generation.make(prompt, seed=seed)
        single = self._world.generation.pictures[0]
        self._hold(
            oracle.same_pixels(batch[1], single),
            f"the second picture is the one of seed {seed}",
            "it is another picture",
        )

    def each_the_own(self) -> None:
        """What eight clients got at once is what one client got in turn."""
        alone, at_once = self._world.generation.pictures, self._world.generation.at_once
        wrong = [number for number, (one, other) in enumerate(zip(alone, at_once, strict=True), 1) if one != other]
        self._hold(len(alone) == 8, "eight pictures are made", f"there are {len(alone)}")
        self._hold(len(set(alone)) == 8, "eight different pictures are made", f"{len(set(alone))} differ")
        self._hold(not wrong, "each client gets the own picture, byte for byte", f"wrong are those of clients {wrong}")

    def are_files(self, kind: str) -> None:
        """The bytes are of that kind, and the answer calls them so."""
        found = oracle.decode(self._first()).format
        self._hold(found == kind, f"the picture is a {kind} file", f"it is a {found} file")
        told = self._world.answered.must().body["images"][0].partition(";")[0]
        self._hold(told == f"data:image/{kind.lower()}", f"the picture is said to be {kind}", f"it is called {told}")

    def are_smaller_files(self) -> None:
        before, now = len(self._before()), len(self._first())
        self._hold(now < before, "a lower quality makes a smaller file", f"{before:,} bytes became {now:,}")

    def had_no_effect(self, field: str) -> None:
        idle = self._idle()
        self._hold(bool(idle.get(field)), f"it is told why {field} had no effect", f"told is {idle or 'nothing'}")

    def had_an_effect(self, field: str) -> None:
        body = self._world.answered.must().body
        told = field in body["applied"] and field not in self._idle()
        self._hold(told, f"it is told that {field} had an effect", f"told is {', '.join(body['applied'])}")

    def warn(self, what: str) -> None:
        warnings = " ".join(self._world.answered.must().body["warnings"])
        self._hold(what in warnings, f"it is warned that they were {what}", f"the warning is {warnings or 'not there'}")

    def are_none(self) -> None:
        """Neither in the answer nor, where we may look, on the disk."""
        answer = self._world.answered
        self._hold(not answer.accepted, "there is no picture", "the request was answered with one")
        self._hold(answer.is_problem, "a refusal is told as a problem document", "it is told in another form")
        if self._world.environment.studio_url is None:
            folder = self._world.home / "store" / "generation_jobs"
            left = sorted(path.name for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
            self._hold(not left, "nothing is kept of it", f"there lies {', '.join(left)}")

    def cannot_be_made_now(self, why: str) -> None:
        """The studio says that it cannot, now, and why; the caller has done nothing wrong."""
        answer = self._world.answered
        self._hold(answer.status == 503, "the studio says that it cannot do it now", f"it says {answer.status}")
        self._hold(why.lower() in answer.reason.lower(), f"it cannot because of {why!r}", f"told is: {answer.reason}")
        self._hold(answer.is_problem, "a failure is told as a problem document", "it is told in another form")

    def put_off(self, why: str) -> None:
        """Turned down for now, with the reason and with when to come again."""
        answer = self._world.answered
        self._hold(answer.status == 429, "it is turned down until later", f"the studio says {answer.status}")
        self._hold(why.lower() in answer.reason.lower(), f"the reason names {why!r}", f"told is: {answer.reason}")
        seconds = answer.headers.get("retry-after", "")
        self._hold(seconds.isdecimal() and int(seconds) > 0, "it is told when to come again", f"told is {seconds!r}")

    def name_every_checkpoint(self) -> None:
        answer = self._world.answered
        there: Any = self._world.client.generation.backends().must().body["details"]
        names = [str(name) for name in there["checkpoints"]]
        self._hold(answer.status in (404, 422), "a checkpoint that is not there is refused", f"it says {answer.status}")
        missing = [name for name in names if name not in answer.reason]
        self._hold(bool(names), "the backend says which checkpoints it has", "it names none")
        self._hold(not missing, "every checkpoint that there is is named", f"{missing} is not: {answer.reason}")

    def never_looked_up_the_reference(self) -> None:
        own = self._world.own(self._world.references.NAME)
        asked = len(self._world.hub.requests_for(own))
        self._hold(asked == 0, "nobody asked for the reference", f"it was asked for {asked} time(s)")

    def _idle(self) -> dict[str, str]:
        body = self._world.answered.must().body
        return {idle["name"]: idle["why"] for idle in body["not_applied"]}


def pictures(world: World) -> ExpectPictures:
    """Checks on the pictures that were made last."""
    return ExpectPictures(world)
