"""What a scenario does with downloads: asked for, brought to a state, looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from support.bdd import StepError
from support.client import Answer
from support.download_words import FINAL
from support.servers.hub import Offered
from support.studios import EventStream
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

# A small nudge for whoever fell asleep on the clock just after it was moved to the end of its wait.
NUDGE = timedelta(milliseconds=100)


class Downloads:
    """Verbs on downloads; remembers what the hub offers and which download a name stands for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.offered: dict[str, Offered] = {}
        self.ids: dict[str, list[str]] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.stream: EventStream | None = None

    # What the hub offers

    def offer(self, name: str, size: int, **more: Any) -> None:
        """Put a model on offer. more: as the hub takes it."""
        own = self._world.own(name)
        self.offered[name] = self._world.hub.offers(own, size_bytes=size, **more)

    def have_the_hub(self) -> None:
        """Start the hub, which the studio must know when it starts."""
        _ = self._world.hub

    def offer_all(self, models: list[tuple[str, int]]) -> None:
        for name, size in models:
            self.offer(name, size)

    def offer_several(self, count: int) -> None:
        """So many models, each held back in its middle."""
        for number in range(1, count + 1):
            self.offer_held_back(f"model-{number}.safetensors", 50_000)

    def offer_held_back(self, name: str, size: int) -> None:
        self.offer(name, size)
        self._world.hub.holds_back(self._world.own(name))

    # Asking

    def start(self, name: str, *, checked: bool = True, **more: Any) -> None:
        """Ask for a model by its address, with the checksum that the hub publishes unless not `checked`."""
        offered = self.offer_of(name)
        promise = {"sha256": offered.sha256} if checked else {}
        self.ask(name, urls=[offered.url], kind=offered.kind, **(promise | more))

    def start_with_checksum_of(self, name: str, other: str) -> None:
        self.start(name, sha256=self.offer_of(other).sha256)

    def start_version(self, name: str, **more: Any) -> None:
        self.ask(name, model_version_id=self.offer_of(name).version_id, **more)

    def start_by(self, name: str, designation: str) -> None:
        """Ask for a model as people name it."""
        if "Hugging Face" in designation:
            self._put_into_a_repository(name)
        offered, hub = self.offer_of(name), self._world.hub.url
        model, version = offered.model_id, offered.version_id
        ways: dict[str, dict[str, Any]] = {
            "its version": {"model_version_id": version},
            "its model": {"model_id": model},
            "its model and its version": {"model_id": model, "model_version_id": version},
            "the name of its file": {"model_version_id": version, "file": offered.file_name},
            "the address of its page": {"urls": [f"{hub}/models/{model}"]},
            "the address of its version's page": {"urls": [f"{hub}/models/{model}?modelVersionId={version}"]},
            "its download link": {"urls": [f"{hub}/api/download/models/{version}"]},
            "its repository on Hugging Face": {"repo_id": offered.repo_id, "filename": offered.file_name},
            "the address of its Hugging Face page": {
                "urls": [f"{hub}/{offered.repo_id}/blob/main/{offered.file_name}"]
            },
        }
        self.ask(name, **ways[designation])

    def _put_into_a_repository(self, name: str) -> None:
        """Offer the same on Hugging Face, too."""
        offered = self.offer_of(name)
        self.offered[name] = self._world.hub.offers(
            offered.name,
            content=offered.content,
            published_sha256=offered.sha256,
            repo_id=f"artists/{PurePosixPath(offered.file_name).stem}",
        )

    def start_file(self, file: str, name: str) -> None:
        """Ask for a file by its name, of the version that holds `name`."""
        self.ask(file, model_version_id=self.offer_of(name).version_id, file=self._world.own(file))

    def start_unknown_version(self) -> None:
        self.ask("an unknown version", model_version_id=987_654)

    def start_address(self, address: str) -> None:
        self.ask(address, urls=[address])

    def ask(self, name: str, **request: Any) -> Answer:
        """Ask for a download; it is called `name` from here on."""
        answer = self._world.ask(self._world.client.downloads.enqueue(**request))
        if answer.accepted:
            self.requests[name] = request
            self._remember(name, answer.body["downloads"][0]["id"])
        return answer

    def ask_again(self, name: str) -> None:
        """Ask for the very same once more."""
        self.ask(name, **self.requests[name])

    def start_all(self) -> None:
        """Ask for everything that the hub offers, each with its own wish where the kinds differ."""
        kinds = {offered.kind for offered in self.offered.values()}
        if len(kinds) > 1:
            for name in self.offered:
                self.start(name)
            return
        names = list(self.offered)
        urls = [self.offered[name].url for name in names]
        answer = self._world.ask(self._world.client.downloads.enqueue(urls=urls)).must()
        for name, view in zip(names, answer.body["downloads"], strict=True):
            self._remember(name, view["id"])

    def start_all_and_fail(self, name: str) -> None:
        self.start_all()
        for other in self.offered:
            self.must_end(other, "failed" if other == name else "completed")

    def start_one_after_the_other(self) -> None:
        for name in list(self.offered):
            self.start(name)
            self.ended(name)

    def start_and_pass_every_wait(self, name: str) -> None:
        """Ask for a model, and move the clock to the end of each wait until the download has ended."""
        self.start(name, checked=False)
        self.pass_every_wait(name)

    def pass_every_wait(self, name: str) -> None:
        until(lambda: self._pass_one_wait(name) in FINAL)

    def _pass_one_wait(self, name: str) -> str:
        view = self.view(name)
        if view["state"] == "waiting" and self._world.clock.sleepers:
            left = datetime.fromisoformat(str(view["waiting_until"])) - self._world.clock.now()
            self._world.clock.advance(max(left, NUDGE))
        return str(view["state"])

    # Listening

    def listen(self) -> None:
        self.listen_to(None)

    def listen_to(self, name: str | None) -> EventStream:
        self.have_the_hub()
        download_id = None if name is None else self.id(name)
        self.stream = stream = self._world.client.downloads.progress(download_id)
        until(lambda: stream.heard)  # the snapshot: from here on nothing is missed
        return stream

    def listen_without_keeping_up(self) -> None:
        self.listen_to(None).reads.clear()

    def catch_up(self) -> None:
        if self.stream is None:
            raise StepError("nobody listens")
        self.stream.reads.set()

    # Ends

    def complete(self, name: str, **more: Any) -> None:
        self.start(name, **more)
        self.must_end(name, "completed")

    def complete_several(self, count: int) -> None:
        names = [f"model-{number}.safetensors" for number in range(1, count + 1)]
        for name in names:
            self.offer(name, 50_000)
        for name in names:
            self.start(name)
        for name in names:
            self.must_end(name, "completed")

    def fail(self, name: str) -> None:
        self.start_version(name)
        self.must_end(name, "failed")

    def must_end(self, name: str, state: str) -> None:
        if self.ended(name) != state:
            raise StepError(f"{name!r} was to become {state}: it is {self.view(name)}")

    def offer_and_complete(self, name: str) -> None:
        self.offer(name, 50_000)
        self.complete(name)

    # Looking

    def id(self, name: str) -> str:
        """The download that a name stands for, the latest one asked for."""
        if name not in self.ids:
            answer = self._world.answer
            why = answer.reason if answer is not None else "nobody asked for it"
            raise StepError(f"there is no download of {name!r}: {why}")
        return self.ids[name][-1]

    def view(self, name: str) -> dict[str, Any]:
        return self.view_of(self.id(name))

    def view_of(self, download_id: str) -> dict[str, Any]:
        body: dict[str, Any] = self._world.client.downloads.get(download_id).must().body
        return body

    def state(self, name: str) -> str:
        return str(self.view(name)["state"])

    def ended(self, name: str) -> str:
        """The state in which a download ends, waited for; its last state when it does not end in time."""
        until(lambda: self.state(name) in FINAL)
        return self.state(name)

    def name_of(self, download_id: str) -> str | None:
        """What a scenario calls a download; None for one that it never asked for."""
        return next((name for name, ids in self.ids.items() if download_id in ids), None)

    def _remember(self, name: str, download_id: str) -> None:
        self.ids.setdefault(name, []).append(download_id)

    def offer_of(self, name: str) -> Offered:
        """What the hub offers under a name. Raises StepError when no Given has said so."""
        if name not in self.offered:
            raise StepError(f"the hub offers no {name!r}: say so in a Given")
        return self.offered[name]
