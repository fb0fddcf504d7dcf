"""What must be true of the reference pictures that people bring: kept, told, sent, shown small, gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import character_pictures, pictures
from support.acts.character_memory import Snapshot, every_item
from support.acts.character_uploads import Uploaded
from support.bdd import StepError
from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World

FIELDS = {"image_id", "image_url", "filename", "content_type", "file_size"}
LONGEST_NAME = 255
PARTS = {
    "the first 10 bytes": slice(0, 10),
    "bytes 20 to 29": slice(20, 30),
    "all from byte 40": slice(40, None),
    "the last 10 bytes": slice(-10, None),
}
OK, PARTIAL, NOT_MODIFIED = 200, 206, 304


class ExpectUploads(Expectation):
    """Checks on uploaded pictures; without a name, on the one uploaded last."""

    # What was uploaded last

    def kept(self) -> None:
        """In the answer, when it is fetched, on the disk: the very bytes."""
        answer = self._world.answered
        self._hold(answer.accepted, "the picture is taken", f"it was refused: {answer.reason}")
        missing = FIELDS - (answer.body or {}).keys()
        self._hold(not missing, "the answer tells what is agreed", f"it leaves out {sorted(missing)}")
        uploaded = self._last()
        told = answer.body["file_size"]
        self._hold(told == len(uploaded.given), "the size is told", f"{told} instead of {len(uploaded.given)}")
        self._comes_back(uploaded, uploaded.given)
        self._lies_on_the_disk(uploaded.image_id, uploaded.given)

    def told_as(self, kind: str, name: str) -> None:
        body = self._world.answered.body
        told = (body["content_type"], body["filename"])
        wanted = (character_pictures.CONTENT_TYPES[kind], name)
        self._hold(told == wanted, f"it is told as a {kind} file called “{name}”", f"it is told as {told}")
        extension = self._file_of(body["image_id"]).rpartition(".")[2] if self._may_look else None
        fits = extension in (None, character_pictures.EXTENSIONS[kind], kind.lower())
        self._hold(fits, f"it lies on the disk as a {kind} file", f"it lies there as {extension}")

    def listed(self, name: str) -> None:
        item = self._item(self._last().image_id)
        self._hold(item is not None, "the list shows it", "it does not")
        told = (item or {}).get("filename")
        self._hold(told == name, f"the list calls it “{name}”", f"it calls it {told!r}")

    def harmlessly_named(self) -> None:
        """Shorter than any limit, nothing of a path in it, nothing that cannot be printed."""
        told = self._world.answered.must().body["filename"]
        harmless = isinstance(told, str) and len(told) in range(1, LONGEST_NAME + 1)
        harmless = harmless and told.isprintable() and not set("/\\\0") & set(told) and told not in (".", "..")
        self._hold(harmless, "the name that is told is harmless", f"it is {told!r}")

    def only_it_on_the_disk(self) -> None:
        """One file more in the store, named by its ID and kind alone; nothing elsewhere, not even outside the home."""
        if not self._may_look:
            return
        before, now = self._before().files or {}, self._now().files or {}
        new = sorted(now.keys() - before.keys())
        image_id = self._last().image_id
        wanted = f"store/character_references/{image_id}.png"
        self._hold(new == [wanted], f"only {wanted} has come to lie on the disk", f"there are {new}")
        outside = sorted(path.name for path in self._world.folder.iterdir() if path != self._world.home)
        self._hold(not outside, "nothing lies beside the studio's home", f"there are {outside}")

    def nothing_told(self) -> None:
        """Nobody learns from what comes back, from what lies on the disk, where and by what it was taken."""
        for where, data in self._everywhere(self._last().image_id).items():
            found = character_pictures.said_by(data).secrets
            self._hold(not found, f"nothing of place and camera is in what {where}", f"there are {', '.join(found)}")

    def looks_the_same(self) -> None:
        uploaded = self._last()
        same = pictures.same_pixels(self._fetched(uploaded.image_id), uploaded.given)
        self._hold(same, "it looks exactly as it did", "other pixels come back")

    def keeps_its_profile(self) -> None:
        kept = character_pictures.said_by(self._fetched(self._last().image_id)).profile
        self._hold(kept, "its colour profile is kept", "it is gone")

    def still_turned(self) -> None:
        turned = character_pictures.said_by(self._fetched(self._last().image_id)).turned
        wanted = character_pictures.TURNED_RIGHT
        self._hold(turned == wanted, "it is still turned as it was", f"it is turned as {turned}, not as {wanted}")

    def left_the_studio_ready(self) -> None:
        health = self._world.client.health().body
        self._hold(health["status"] == "ready", "the studio is still ready", f"it is {health['status']}")

    # One picture

    def comes_back(self, name: str) -> None:
        uploaded = self._world.uploads.of(name)
        self._comes_back(uploaded, uploaded.given)

    def sent(self, name: str) -> None:
        answer = self._world.answered
        self._hold(answer.status == OK, f"“{name}” is sent", f"it is answered {answer.status}: {answer.reason}")
        same = answer.content == self._world.uploads.of(name).given
        self._hold(same, f"“{name}” is sent byte for byte", f"{len(answer.content)} other bytes are sent")

    def told_as_it_would_be_sent(self) -> None:
        answer = self._world.answered
        image_id = self._world.uploads.of("captain.png").image_id
        fetched = self._world.client.characters.reference(image_id).must()
        names = ("content-type", "content-length", "etag", "accept-ranges", "x-content-type-options")
        told = {name: answer.headers.get(name) for name in names}
        wanted = {name: fetched.headers.get(name) for name in names}
        self._hold(answer.status == OK and told == wanted, "it is told as it would be sent", f"{told}, not {wanted}")
        self._hold(not answer.content, "nothing is sent", f"{len(answer.content)} bytes are")

    def part_sent(self, part: str, name: str) -> None:
        answer, whole = self._world.answered, self._world.uploads.of(name).given
        wanted = whole[PARTS[part]]
        self._hold(answer.status == PARTIAL, f"a part of “{name}” is sent", f"it is answered {answer.status}")
        self._hold(answer.content == wanted, f"exactly {part} are sent", f"{len(answer.content)} others are")
        first = whole.index(wanted)
        place = f"bytes {first}-{first + len(wanted) - 1}/{len(whole)}"
        told = answer.headers.get("content-range")
        self._hold(told == place, f"the place of the part is told: {place}", f"it is told as {told}")

    def not_sent_again(self) -> None:
        answer = self._world.answered
        self._hold(answer.status == NOT_MODIFIED, "it is told to be the same", f"it is answered {answer.status}")
        self._hold(not answer.content, "nothing is sent", f"{len(answer.content)} bytes are")

    def taken_for_nothing_else(self) -> None:
        headers = self._world.answered.must().headers
        told = (headers.get("content-type"), headers.get("x-content-type-options"))
        self._hold(told == ("image/png", "nosniff"), "it is sent as a PNG picture and nothing else", f"as {told}")

    def shown_small(self) -> None:
        answer = self._world.answered.must()
        small = pictures.decode(answer.content).size
        whole = pictures.decode(self._world.uploads.of("captain.png").given).size
        self._world.evidence.picture("shown small", answer.content)
        smaller = max(small) <= max(whole) and len(answer.content) < 50_000
        self._hold(smaller, "a smaller picture is shown", f"one of {small} in {len(answer.content)} bytes")
        near = abs(small[0] / small[1] - whole[0] / whole[1]) < 0.05
        self._hold(near, "it has the same proportions", f"{small[0]}×{small[1]} of {whole[0]}×{whole[1]}")

    def found_nowhere(self, name: str) -> None:
        uploaded = self._world.uploads.of(name)
        client = self._world.client.characters
        for place, answer in {
            "it cannot be fetched": client.reference(uploaded.image_id),
            "it is not shown small": client.thumbnail(uploaded.image_id),
            "it can get no label": client.label(uploaded.image_id, "a ghost"),
        }.items():
            self._hold(answer.status == 404, place, f"it is answered {answer.status}")
        self._hold(self._item(uploaded.image_id) is None, "it is not in the list", "it is")
        now = self._now()
        left = [path for path in [*(now.files or {}), *(now.objects or {})] if uploaded.image_id in path]
        self._hold(not left, "nothing of it lies anywhere", f"there are {left}")

    def nothing_else_gone(self, name: str) -> None:
        image_id = self._world.uploads.of(name).image_id
        others = [change for change in self._now().since(self._before()) if image_id not in change]
        self._hold(not others, f"nothing but “{name}” has gone", "; ".join(others))

    def only_label_changed(self, name: str) -> None:
        """Of its entry in the list, and of everything else there is."""
        image_id = self._world.uploads.of(name).image_id
        before, now = self._before(), self._now()
        changed = {key for key, value in now.listed[image_id].items() if before.listed[image_id].get(key) != value}
        self._hold(changed <= {"label", "updated_at"}, "nothing but the label has changed", f"{sorted(changed)} have")
        others = [change for change in now.since(before) if image_id not in change]
        self._hold(not others, "nothing else has changed", "; ".join(others))

    def told_in_the_list(self, name: str, label: str) -> None:
        uploaded = self._world.uploads.of(name)
        item = self._item(uploaded.image_id) or {}
        told = {key: item.get(key) for key in ("filename", "size_bytes", "content_type", "label")}
        wanted = {
            "filename": name,
            "size_bytes": len(uploaded.given),
            "content_type": character_pictures.CONTENT_TYPES[uploaded.kind],
            "label": label,
        }
        self._hold(told == wanted, f"the list tells of “{name}” {wanted}", f"it tells {told}")

    # The list

    def shown_once_newest_first(self) -> None:
        wanted = [one.image_id for one in reversed(self._world.uploads.taken.values())]
        shown = [image_id for image_id in self._world.uploads.page_ids() if image_id in wanted]
        self._hold(shown == wanted, "each is shown once, the newest first", f"shown are {len(shown)} in another order")

    def no_page_longer_than(self, most: int) -> None:
        sizes = [len(page) for page in self._world.uploads.pages]
        self._hold(max(sizes) <= most, f"no page shows more than {most}", f"the pages show {sizes}")

    def page_is_empty(self) -> None:
        body = self._world.answered.must().body
        self._hold(body["items"] == [] and body["total"] >= 1, "the page shows nothing", f"it shows {body}")

    # Where things are

    @property
    def _may_look(self) -> bool:
        return self._world.environment.studio_url is None

    def _last(self) -> Uploaded:
        return self._world.uploads.last

    def _fetched(self, image_id: str) -> bytes:
        return self._world.client.characters.reference(image_id, proxy="true").must().content

    def _comes_back(self, uploaded: Uploaded, wanted: bytes) -> None:
        answer = self._world.client.characters.reference(uploaded.image_id, proxy="true")
        self._hold(answer.accepted, f"“{uploaded.name}” can be fetched", answer.reason)
        same = answer.content == wanted
        self._hold(same, f"“{uploaded.name}” comes back byte for byte", f"{len(answer.content)} others come back")

    def _file_of(self, image_id: str) -> str:
        found = [path for path in self._now().files or {} if image_id in path]
        return found[0] if found else ""

    def _lies_on_the_disk(self, image_id: str, wanted: bytes) -> None:
        if not self._may_look:
            return
        path = self._world.home / self._file_of(image_id)
        same = path.is_file() and path.read_bytes() == wanted
        self._hold(same, "it lies on the disk byte for byte", "it does not")

    def _everywhere(self, image_id: str) -> dict[str, bytes]:
        found = {"comes back": self._fetched(image_id)}
        if self._may_look:
            found["lies on the disk"] = (self._world.home / self._file_of(image_id)).read_bytes()
        if self._world.cloud.in_use:
            objects = self._world.cloud.objects()
            found["lies in the bucket"] = next(data for key, data in objects.items() if image_id in key)
        return found

    def _item(self, image_id: str) -> dict[str, Any] | None:
        return next((item for item in every_item(self._world) if item["id"] == image_id), None)

    def _now(self) -> Snapshot:
        return Snapshot.of(self._world)

    def _before(self) -> Snapshot:
        before = self._world.characters.snapshot
        if before is None:
            raise StepError("nobody has remembered how everything was: a When must do so")
        return before


def uploads(world: World) -> ExpectUploads:
    """Checks on the reference pictures that people bring."""
    return ExpectUploads(world)
