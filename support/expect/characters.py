"""What must be true of a character's reference pictures, and of everything after a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import pictures
from support.acts.character_memory import Snapshot, every_item
from support.bdd import StepError
from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World

BAD_GATEWAY, FAILED = 502, 500
LOCAL_ONLY = "this machine only"


class ExpectCharacters(Expectation):
    """Checks on the reference pictures that were made last, and on all that there are."""

    def count(self, wanted: int) -> None:
        answer = self._world.answered
        self._hold(answer.accepted, f"there are {wanted} reference pictures", f"it was refused: {answer.reason}")
        made = len(self._world.characters.images)
        self._hold(made == wanted, f"there are {wanted} reference pictures", f"there are {made}")
        told = answer.body["metadata"]["num_images_generated"]
        self._hold(told == made, "the studio counts its pictures honestly", f"it tells {told}, there are {made}")

    def fetched(self) -> None:
        """Each can be fetched, is a picture, and the one that was answered when it was made."""
        images = self._world.characters.images
        self._hold(bool(images), "there are reference pictures to fetch", "there are none")
        for number, image in enumerate(images, 1):
            answer = self._world.client.characters.reference(image["id"])
            self._hold(answer.accepted, f"reference picture {number} can be fetched", answer.reason)
            try:
                pictures.decode(answer.content)
            except pictures.NoPicture as error:
                self._hold(False, f"reference picture {number} is a picture", str(error))
            given = image.get("base64")
            same = not given or answer.content == self._world.characters.bytes_of(image)
            self._hold(same, f"reference picture {number} is the one that was made", "other bytes come back")
            self._world.evidence.picture(f"reference picture {number}, fetched", answer.content)

    def listed(self) -> None:
        """The list has each of them, with what it was made of."""
        items = {item["id"]: item for item in every_item(self._world)}
        for number, image in enumerate(self._world.characters.images, 1):
            item = items.get(image["id"])
            self._hold(item is not None, f"the list shows reference picture {number}", "it does not")
            fetched = self._world.client.characters.reference(image["id"]).must()
            size = len(fetched.content)
            told = (item or {}).get("size_bytes")
            self._hold(told == size, f"the list tells that picture {number} has {size} bytes", f"it tells {told}")

    def differ(self) -> None:
        different = len(self._all())
        images = self._world.characters.images
        self._hold(
            different == len(images) > 1,
            "there are several, and no two the same",
            f"{different} of {len(images)} differ",
        )

    def same_as_before(self) -> None:
        now = [self._world.characters.bytes_of(i) for i in self._world.characters.images]
        before = [self._world.characters.bytes_of(i) for i in self._world.characters.before]
        self._hold(now == before and bool(now), "the same seed makes the same set", "the sets differ")
        again = {i["id"] for i in self._world.characters.images} & {i["id"] for i in self._world.characters.before}
        self._hold(not again, "the second set is one of its own", "it is the first one again")

    def _all(self) -> set[bytes]:
        return {self._world.characters.bytes_of(image) for image in self._world.characters.images}

    # How they were asked for

    def files(self, kind: str) -> None:
        for number, image in enumerate(self._world.characters.images, 1):
            answer = self._world.client.characters.reference(image["id"]).must()
            found, told = pictures.decode(answer.content).format, answer.headers["content-type"]
            self._hold(found == kind, f"reference picture {number} is a {kind} file", f"it is a {found} file")
            self._hold(told == f"image/{kind.lower()}", f"it is told as {kind}", f"it is told as {told}")

    def proportions(self, width: int, height: int) -> None:
        for number, image in enumerate(self._world.characters.images, 1):
            answer = self._world.client.characters.reference(image["id"]).must()
            size = pictures.decode(answer.content).size
            fits = size[0] * height == size[1] * width
            self._hold(fits, f"reference picture {number} is {width} to {height}", f"it measures {size[0]}×{size[1]}")

    def answered_without(self) -> None:
        """No picture is in the answer, not even an empty one: the member itself is left out."""
        found = [image["id"] for image in self._world.characters.images if "base64" in image]
        self._hold(not found, "the answer holds no picture", f"it holds {len(found)}")
        few = len(self._world.answered.content) < 10_000
        self._hold(few, "the answer is short", f"it has {len(self._world.answered.content)} bytes")

    def others_were_answered(self) -> None:
        """The acts have seen to it that the pictures were not there yet when the last of the others was answered."""
        refused = [answer.request for answer in self._world.characters.meanwhile if not answer.accepted]
        asked = len(self._world.characters.meanwhile)
        self._hold(asked > 0 and not refused, "the others were answered", f"of {asked}, refused were {refused}")

    # The same request again

    def answered_alike(self) -> None:
        bodies = [answer.must().body for answer in self._world.characters.answers]
        self._hold(bodies[0] == bodies[1], "both are answered alike", "they are answered differently")

    def answered_as_before(self) -> None:
        self._hold(self._world.answered.accepted, "it is answered as before", self._world.answered.reason)
        now, before = self._world.characters.images, self._world.characters.before
        self._hold(now == before and bool(now), "it is answered as before", "it is answered with other pictures")
        self.fetched()

    def painted(self, wanted: int) -> None:
        """Counted where it is paid for: each set is a job of the studio's, with as many pictures as were painted."""
        jobs = self._world.client.generation.list(page_size=100).must().body["jobs"]
        painted = sum(len(job["pictures"]) for job in jobs)
        self._hold(painted == wanted, f"{wanted} pictures were painted in all", f"{painted} were")

    def painted_nothing(self) -> None:
        counts = self._world.client.generation.stats().must().body
        asked = sum(int(counts[state]) for state in ("pending", "running", "completed", "failed"))
        self._hold(asked == 0, "nothing was painted for it", f"{asked} jobs were painted for it")

    # All that there are

    def unchanged(self) -> None:
        """List, disk and bucket are as they were before the When."""
        changes = self._now().since(self._before())
        self._hold(not changes, "no reference picture has come or gone", "; ".join(changes[:5]))

    def more_than_at_first(self, wanted: int) -> None:
        """Scenarios begin with a list that may hold others' pictures only in a studio that others use, too."""
        found = len(every_item(self._world))
        self._hold(found == wanted, f"the list shows {wanted} pictures more than at first", f"it shows {found} more")

    def _now(self) -> Snapshot:
        return Snapshot.of(self._world)

    def _before(self) -> Snapshot:
        before = self._world.characters.snapshot
        if before is None:
            raise StepError("nobody has remembered how everything was: a When must do so")
        return before

    # Refusals and warnings

    def refused_as_no_name(self) -> None:
        """Malformed, or nothing there: whatever it is, no picture and no file is told."""
        answer = self._world.answered
        told = f"it is answered {answer.status}: {answer.content[:80]!r}"
        self._hold(answer.status in (400, 404), "it is refused as a name that is none", told)
        self._hold(answer.is_problem, "the refusal is told as a problem document", told)

    def told_in_the_published_form(self) -> None:
        body = self._world.answered.body or {}
        detail = body.get("detail")
        formed = isinstance(detail, dict) and {"error", "message", "details"} <= detail.keys()
        self._hold(formed, "the refusal has the form that is published for characters", f"its detail is {detail!r}")

    def asks_for_the_key(self) -> None:
        asked = self._world.answered.headers.get("www-authenticate")
        self._hold(bool(asked), "the key that was missing is asked for", "it is not")
        self.told_in_the_published_form()

    def kept_here_only(self) -> None:
        """Said where the answer tells of pictures: with each, that it has no link; and in words, once."""
        body = self._world.answered.must().body
        warnings = body.get("warnings") or body.get("metadata", {}).get("warnings") or []
        said = [one for one in warnings if LOCAL_ONLY in one]
        self._hold(bool(said), "it is said that they are kept on this machine only", f"the warnings are {warnings}")
        linked = [image["id"] for image in body.get("images", []) if image.get("cloud_url")]
        self._hold(not linked, "no link to the bucket is told", f"{len(linked)} are")

    def failures_told(self, count: int) -> None:
        metadata = self._world.answered.must().body["metadata"]
        wanted, made = metadata["num_images_requested"], metadata["num_images_generated"]
        self._hold(wanted - made == count, f"{count} of {wanted} could not be made", f"{made} are told as made")
        self._hold(bool(metadata.get("warnings")), "it is said why", "nothing is said")

    def provider_told_as_failed(self) -> None:
        answer = self._world.answered
        told = f"it is answered {answer.status}: {answer.reason}"
        self._hold(answer.status == BAD_GATEWAY, "it is told that the provider has failed", told)
        self.told_in_the_published_form()

    def lacks(self, setting: str) -> None:
        answer = self._world.answered
        told = f"it is answered {answer.status}: {answer.reason}"
        failed = answer.status == FAILED and setting in answer.reason
        self._hold(failed, f"it is told that the studio lacks {setting}", told)
        self.told_in_the_published_form()
        named = answer.body["detail"]["error"]
        self._hold(named == "ConfigurationError", "it is told as a matter of settings", f"as {named}")

    def paid_for(self, count: int) -> None:
        orders = len(self._world.replicate.predictions())
        self._hold(orders == count, f"the provider was paid for {count} pictures", f"it was for {orders}")


def characters(world: World) -> ExpectCharacters:
    """Checks on the reference pictures that were made last, and on all that there are."""
    return ExpectCharacters(world)
