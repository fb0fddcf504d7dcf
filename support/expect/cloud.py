"""What must be true of the store in the cloud, of the links into it, and of what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http.client import OK
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from support.acts.cloud import DEADLINE, SIGNATURE, Opened, opened
from support.bdd import StepError
from support.client import Answer
from support.expect.expectation import Expectation
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

FIELDS = {"image_id", "image_url", "storage_backend", "expires_in_seconds", "cloud_path"}
FOLDER = "character_references"
REFUSED = range(400, 500)
# The studio looks at its store again now and then, and boto3 may try twice.
SOON = timedelta(seconds=15)
BESIDE = timedelta(seconds=3)
# What a machine may take longer that has much else to do.
BUSY = timedelta(seconds=10)
UNAVAILABLE = 503
FOUND = 302


class ExpectCloud(Expectation):
    """Checks on the bucket as its owner sees it, and on links as anybody uses them."""

    # Links

    def told_as_agreed(self, name: str) -> None:
        """The members that are published, no other; and the link lives at least as long as is told."""
        body = self._link_answer()
        self._hold(body.keys() == FIELDS, f"told are {sorted(FIELDS)}", f"told are {sorted(body)}")
        image_id = self._world.uploads.of(name).image_id
        wanted = {"image_id": image_id, "storage_backend": "s3", "cloud_path": f"{FOLDER}/{image_id}.png"}
        wanted |= {"expires_in_seconds": self._world.settings.get("presigned_url_expiry", 3600)}
        told = {key: body[key] for key in wanted}
        self._hold(told == wanted, f"it is told as agreed: {wanted}", f"it is told as {told}")
        query = parse_qs(urlsplit(body["image_url"]).query)
        made = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        lives = made + timedelta(seconds=int(query[DEADLINE][0])) - datetime.now(UTC)
        enough = lives >= timedelta(seconds=body["expires_in_seconds"]) - BESIDE
        self._hold(enough, "the link lives as long as is told", f"it lives {lives} only")

    def link_opens(self, name: str) -> None:
        self._opens(str(self._link_answer()["image_url"]), name)

    def new_link_opens(self, name: str) -> None:
        answer = self._world.client.characters.reference(self._world.uploads.of(name).image_id)
        self._hold(answer.accepted, "a new link is told", f"it is answered {answer.status}: {answer.reason}")
        link = str(answer.body["image_url"])
        self._hold(link != self._world.cloud.link, "a new link is told", "the old one is told again")
        self._opens(link, name)

    def told_addresses_open(self, name: str) -> None:
        """What was told of a job's picture: a link into the bucket, or the studio's own address."""
        for address in self._world.answered.must().body["associated"]:
            self._opens(self._followed(address), name)

    def _followed(self, address: str) -> str:
        if address.startswith("http"):
            return address
        answer = self._world.client.ask("GET", address, params={"redirect": "true"})
        return str(answer.headers.get("location", ""))

    def _opens(self, link: str, name: str) -> None:
        found = self._open(link)
        self._hold(
            found.status == OK, "the link opens something", f"the store answers {found.status}: {found.content[:200]!r}"
        )
        same = found.content == self._world.uploads.of(name).given
        self._hold(same, f"the link opens “{name}” byte for byte", f"it opens {len(found.content)} other bytes")
        told = found.headers.get("content-type")
        self._hold(told == "image/png", "it is sent as a picture", f"it is sent as {told}")

    def each_has_a_link(self) -> None:
        for number, image in enumerate(self._world.characters.images, 1):
            link = image["cloud_url"]
            self._hold(bool(link), f"reference picture {number} has a link", "it has none")
            found = self._open(link)
            same = found.status == OK and found.content == self._world.characters.bytes_of(image)
            self._hold(same, f"the link of picture {number} opens it", f"the store answers {found.status}")

    def opens_nothing(self) -> None:
        found = self._open(self._world.cloud.link)
        self._hold(found.status in REFUSED, "the link opens nothing", f"the store answers {found.status}")

    def opened_nothing(self) -> None:
        found = self._world.cloud.misused
        if found is None:
            raise StepError("no link was used for anything: a When must do so")
        self._hold(found.status in REFUSED, "nothing was opened", f"the store answers {found.status}")
        pictures = [one.given for one in self._world.uploads.taken.values()]
        self._hold(found.content not in pictures, "no picture was opened", "one was")

    def same_link(self) -> None:
        link, before = str(self._link_answer()["image_url"]), self._world.cloud.link
        self._hold(link == before, "the link is the same as before", "it is another")

    def one_step_leads_to(self, name: str) -> None:
        answer = self._world.answered
        self._hold(answer.status == FOUND, "it leads elsewhere", f"it is answered {answer.status}")
        self._opens(answer.headers.get("location", ""), name)

    def _open(self, link: str) -> Opened:
        found = opened(link)
        self._world.evidence.text("the store's answer", f"{found.status}\n{found.headers}\n{found.content[:500]!r}")
        return found

    def _link_answer(self) -> dict[str, Any]:
        answer = self._world.answered
        told = answer.accepted and isinstance(answer.body, dict)
        self._hold(told, "a link is told", f"it is answered {answer.status} without one: {answer.reason}")
        return dict(answer.body)

    # What is told

    def told_nowhere(self) -> None:
        """Neither in the studio's home, nor in its log: not the link, not its signature, not the keys."""
        link = str(self._link_answer()["image_url"])
        words = [parse_qs(urlsplit(link).query)[SIGNATURE][0], SIGNATURE, *self._world.cloud.secrets[1:]]
        found = {
            path.name for path in self._world.home.rglob("*") if path.is_file() and _holds(path.read_bytes(), words)
        }
        self._hold(not found, "no link is kept", f"one stands in {', '.join(sorted(found))}")
        self._not_in_the_log(words)

    def tells_no_key(self) -> None:
        """Not in the answer, not in the health, not in what errors say, not in the log."""
        client, words = self._world.client, self._world.cloud.secrets
        answers = (self._world.answered, client.health(), client.characters.config(), client.characters.page())
        told = [answer.request for answer in answers if _holds(answer.content, [*words, SIGNATURE])]
        self._hold(not told, "no key of the bucket is told", f"one is told by {', '.join(told)}")
        self._not_in_the_log(words[1:])

    def _not_in_the_log(self, words: list[str]) -> None:
        log = self._world.cloud.log
        lines = [line for line in (log.text.splitlines() if log else ()) if any(word in line for word in words)]
        self._hold(not lines, "nothing of it is logged", f"{len(lines)} lines tell it, such as {lines[:1]}")

    def neither_told(self, words: list[str]) -> None:
        client = self._world.client
        answers = (self._world.answered, client.health(), client.characters.page())
        told = [answer.request for answer in answers if _holds(answer.content, words)]
        self._hold(not told, "no key is told", f"one is told by {', '.join(told)}")
        self._not_in_the_log(words)

    def tells_settings(self, wanted: dict[str, str]) -> None:
        body = self._world.answered.must().body
        told = {name: _in_words(value) for name, value in body.items()}
        self._hold(told == wanted, f"it tells {wanted}, and nothing else", f"it tells {told}")

    # Outages

    def sent_within(self, name: str, length: timedelta) -> None:
        answer = self._world.answered
        self._hold(answer.status == OK, f"“{name}” is sent", f"it is answered {answer.status}: {answer.reason}")
        same = answer.content == self._world.uploads.of(name).given
        self._hold(same, f"“{name}” is sent byte for byte", f"{len(answer.content)} other bytes are sent")
        self._in_time(length)

    def out_of_reach(self, length: timedelta) -> None:
        """Told as out of reach for now, not as something that never was."""
        answer = self._world.answered
        told = f"it is answered {answer.status}: {answer.reason}"
        self._hold(answer.status == UNAVAILABLE, "it is told as out of reach", told)
        self._hold(answer.is_problem, "it is told as a problem document", "it is told in another form")
        code = str((answer.body or {}).get("code", ""))
        self._hold(code.startswith("storage_"), "it is told that the store is at fault", f"it is told as {code!r}")
        self._in_time(length)

    def _in_time(self, length: timedelta) -> None:
        took = self._world.uploads.took
        self._hold(took <= length + BUSY, f"it is over within {length}", f"it took {took}")

    def had_again(self, name: str) -> None:
        uploaded = self._world.uploads.of(name)

        def ask() -> Answer:
            return self._world.client.characters.reference(uploaded.image_id)

        until(lambda: ask().accepted, within=SOON)
        answer = ask()
        self._hold(answer.content == uploaded.given, f"“{name}” can be had again", f"{answer.status}: {answer.reason}")

    def health_tells(self) -> None:
        def trouble() -> str:
            health = self._world.client.health().body
            told = str(health["parts"].get("storage") or health["parts"].get("store") or "")
            return told if health["status"] in ("degraded", "failed") and told not in ("", "ready") else ""

        told = until(trouble, within=SOON)
        self._hold(bool(told), "the studio's health tells of its store", str(self._world.client.health().body))

    def does_not_start(self, why: str) -> None:
        fault = self._world.studio.start_fault
        self._hold(fault is not None, "the studio does not start", "it does")
        self._hold(why in str(fault), f"it says that {why} is at fault", f"it says: {fault}")

    # The bucket

    def holds(self, names: list[str]) -> None:
        objects = self._world.cloud.objects()
        for name in names:
            uploaded = self._world.uploads.of(name)
            found = objects.get(f"{FOLDER}/{uploaded.image_id}.png")
            self._hold(found == uploaded.given, f"the bucket holds “{name}” as it was", _held(objects))

    def soon_holds(self, names: list[str]) -> None:
        self._world.client.health()
        keys = {f"{FOLDER}/{self._world.uploads.of(name).image_id}.png" for name in names}
        until(lambda: keys <= set(self._world.cloud.bucket.keys()), within=SOON)
        self.holds(names)

    def holds_only(self, name: str) -> None:
        self.holds([name])
        self._hold(
            len(self._pictures()) == 1, f"the bucket holds no other picture than “{name}”", str(self._pictures())
        )

    def holds_none(self) -> None:
        self._hold(not self._pictures(), "the bucket holds no picture", f"it holds {self._pictures()}")

    def holds_the_set(self) -> None:
        objects = self._world.cloud.objects()
        for number, image in enumerate(self._world.characters.images, 1):
            found = objects.get(f"{FOLDER}/{image['id']}.webp")
            same = found == self._world.characters.bytes_of(image)
            self._hold(same, f"the bucket holds reference picture {number} where it is agreed", _held(objects))

    def holds_what_comes_back(self) -> None:
        image_id = self._world.uploads.last.image_id
        fetched = self._world.client.characters.reference(image_id, proxy="true").must().content
        found = [data for key, data in self._world.cloud.objects().items() if image_id in key]
        self._hold(found == [fetched], "the bucket holds it as the studio tells it", f"it holds {len(found)} of it")

    def _pictures(self) -> list[str]:
        return self._world.cloud.bucket.keys(FOLDER)


def _holds(data: bytes, words: list[str]) -> bool:
    return any(word.encode() in data for word in words if word)


def _held(objects: dict[str, bytes]) -> str:
    return f"it holds {', '.join(f'{key} ({len(data)} bytes)' for key, data in sorted(objects.items())) or 'nothing'}"


def _in_words(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def cloud(world: World) -> ExpectCloud:
    """Checks on the bucket and on the links into it."""
    return ExpectCloud(world)
