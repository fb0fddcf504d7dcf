"""What a scenario does with downloads and the hub that they come from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support.bdd import StepError
from support.servers.hub import Offered
from support.studios import EventStream
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

FINAL = ("completed", "failed", "cancelled", "skipped")


class Downloads:
    """Verbs on downloads; remembers what the hub offers and which download a name stands for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.offered: dict[str, Offered] = {}
        self.ids: dict[str, list[str]] = {}
        self.stream: EventStream | None = None

    def offer(self, name: str, size: int) -> None:
        self.offered[name] = self._world.hub.offers(self._world.own(name), size_bytes=size)

    def offer_all(self, models: list[tuple[str, int]]) -> None:
        for name, size in models:
            self.offer(name, size)

    def publish_a_wrong_checksum(self, name: str) -> None:
        self.offered[name] = self._world.hub.publishes_a_wrong_checksum(self._world.own(name))

    def send_instead(self, name: str, mischief: str) -> None:
        hub = self._world.hub
        verbs = {
            "its sign-in page": hub.sends_its_sign_in_page,
            "half of the file": hub.cuts_the_body,
            "an empty file": hub.sends_an_empty_file,
            "a damaged model": hub.sends_a_damaged_model,
        }
        verbs[mischief](self._world.own(name))

    def remove_from_hub(self, name: str) -> None:
        self._world.hub.has_no_longer(self._world.own(name))

    def keep_the_hub_busy(self, duration: timedelta) -> None:
        for offered in self.offered.values():
            self._world.hub.is_busy_for(offered.name, duration.total_seconds())

    def listen(self) -> None:
        self.stream = self._world.client.downloads.progress()
        until(lambda: self.stream is not None and self.stream.heard)  # the snapshot: from here on nothing is missed

    def start(self, name: str, *, checked: bool = True) -> None:
        """Ask for a model by its address, with the checksum that the hub publishes unless not `checked`."""
        offered = self._offered(name)
        request = {"urls": [offered.url]} | ({"sha256": offered.sha256} if checked else {})
        answer = self._world.ask(self._world.client.downloads.enqueue(**request))
        if answer.accepted:
            self._remember(name, answer.body["downloads"][0]["id"])

    def start_and_pass_every_wait(self, name: str) -> None:
        """Ask for a model, and move the clock to the end of each wait until the download has ended."""
        self.start(name)
        until(lambda: self._pass_one_wait(name) in FINAL)

    def _pass_one_wait(self, name: str) -> str:
        view = self.view(name)
        if view["state"] == "waiting" and self._world.clock.sleepers:
            left = datetime.fromisoformat(str(view["waiting_until"])) - self._world.clock.now()
            self._world.clock.advance(max(left, timedelta()))
        return str(view["state"])

    def start_version(self, name: str) -> None:
        version = self._offered(name).version_id
        answer = self._world.ask(self._world.client.downloads.enqueue(model_version_id=version))
        if answer.accepted:
            self._remember(name, answer.body["downloads"][0]["id"])

    def start_all(self) -> None:
        """Ask for everything that the hub offers, in one request."""
        names = list(self.offered)
        urls = [self.offered[name].url for name in names]
        answer = self._world.ask(self._world.client.downloads.enqueue(urls=urls)).must()
        for name, view in zip(names, answer.body["downloads"], strict=True):
            self._remember(name, view["id"])

    def start_and_hold_back(self, name: str) -> None:
        """Bring a download to its middle, and keep it there."""
        self._world.hub.holds_back(self._world.own(name))
        self.start(name)
        half = len(self._offered(name).content) // 2
        # What the hub has sent is still on its way: only the studio knows what has arrived.
        if not until(lambda: int(str(self.view(name)["bytes_done"])) >= half):
            raise StepError(f"half of {name!r} never arrived")

    def let_go_after(self, name: str, duration: timedelta) -> None:
        self._world.clock.advance(duration)
        self._world.hub.lets_go(self._world.own(name))

    def start_again_and_let_go(self, name: str) -> None:
        self.start(name)
        self._world.hub.lets_go(self._world.own(name))

    def start_while_busy(self, name: str, duration: timedelta) -> None:
        """Bring a download to wait for a hub that is busy."""
        self.keep_the_hub_busy(duration)
        self.start(name)
        if not until(lambda: self.state(name) == "waiting" and self._world.clock.sleepers):
            raise StepError(f"{name!r} never came to wait for the hub: it is {self.state(name)}")

    def complete(self, name: str) -> None:
        self.start(name)
        if self.ended(name) != "completed":
            raise StepError(f"{name!r} could not be downloaded: it is {self.view(name)}")

    def offer_and_complete(self, name: str) -> None:
        self.offer(name, 50_000)
        self.complete(name)

    def cancel(self, name: str) -> None:
        self._world.ask(self._world.client.downloads.move(self.id(name), "cancel"))

    def id(self, name: str) -> str:
        """The download that a name stands for, the latest one asked for."""
        if name not in self.ids:
            answer = self._world.answer
            why = answer.reason if answer is not None else "nobody asked for it"
            raise StepError(f"there is no download of {name!r}: {why}")
        return self.ids[name][-1]

    def view(self, name: str) -> dict[str, object]:
        body: dict[str, object] = self._world.client.downloads.get(self.id(name)).must().body
        return body

    def state(self, name: str) -> str:
        return str(self.view(name)["state"])

    def ended(self, name: str) -> str:
        """The state in which a download ends, waited for; its last state when it does not end in time."""
        until(lambda: self.state(name) in FINAL)
        return self.state(name)

    def _remember(self, name: str, download_id: str) -> None:
        self.ids.setdefault(name, []).append(download_id)

    def _offered(self, name: str) -> Offered:
        if name not in self.offered:
            raise StepError(f"the hub offers no {name!r}: say so in a Given")
        return self.offered[name]
