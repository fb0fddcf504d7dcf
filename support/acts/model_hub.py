"""What a scenario does to the model hub: how it misbehaves, changes its files, and keeps them from others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from support import packages

if TYPE_CHECKING:
    from support.servers.hub_offers import WrongRange
    from support.world import World

SILENCE_SECONDS = 0.3


class ModelHub:
    """Verbs on the hub, by the names that a scenario gives its models; remembers what it has promised."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.key = ""
        self.early_until = ""

    def _own(self, name: str) -> str:
        return self._world.own(name)

    # What it offers beyond the usual

    def offer_under_file_name(self, name: str, size: int, file_name: str) -> None:
        self._world.downloads.offer(name, size, file_name=file_name)

    def offer_package(self, name: str, packing: str, models: list[tuple[str, int]]) -> None:
        content = packages.archive(packing, models)
        suffix = packages.SUFFIXES[packing]
        self._world.downloads.offer(name, len(content), content=content, file_name=f"{name}{suffix}")

    def offer_harmful_package(self, name: str, harm: str) -> None:
        content = packages.harmful(harm)
        self._world.downloads.offer(name, len(content), content=content, file_name=f"{name}.zip")

    def renew(self, name: str) -> None:
        """A new edition of about the same size, other bytes from beginning to end."""
        offered = self._world.hub.replaces(self._own(name), size_bytes=len(self._world.downloads.offered[name].content))
        self._world.downloads.offered[name] = offered

    def renew_and_let_go(self, name: str) -> None:
        self.renew(name)
        self._world.hub.lets_go(self._own(name))

    # What it sends instead

    def publish_a_wrong_checksum(self, name: str) -> None:
        self._world.downloads.offered[name] = self._world.hub.publishes_a_wrong_checksum(self._own(name))

    def send_instead(self, name: str, mischief: str) -> None:
        hub = self._world.hub
        verbs = {
            "its sign-in page": hub.sends_its_sign_in_page,
            "an empty file": hub.sends_an_empty_file,
            "a damaged model": hub.sends_a_damaged_model,
            "a pickle": hub.sends_a_pickle,
            "other bytes": hub.sends_other_bytes,
        }
        verbs[mischief](self._own(name))

    def claim_length(self, name: str, by: int) -> None:
        self._world.hub.claims_a_wrong_length(self._own(name), by=by)

    def be_unable(self, name: str, inability: str) -> None:
        hub = self._world.hub
        verbs = {
            "cannot send the rest": hub.ignores_ranges,
            "does not tell the edition": hub.has_no_validator,
            "is not sure of the edition": hub.weakens_its_validator,
        }
        verbs[inability](self._own(name))

    def answer_wrongly(self, name: str, what: str) -> None:
        self._world.hub.answers_ranges_wrongly(self._own(name), cast("WrongRange", what))

    def not_tell_the_length(self, name: str) -> None:
        self._world.hub.does_not_tell_the_length(self._own(name))

    # When it does not send

    def be_busy(self, duration: timedelta, *, status: int = 429, as_date: bool = False) -> None:
        """With everything that it offers."""
        for offered in self._world.downloads.offered.values():
            seconds = duration.total_seconds()
            self._world.hub.is_busy_for(offered.name, seconds, status=status, as_date=as_date)

    def be_busy_with(self, name: str, duration: timedelta) -> None:
        self._world.hub.is_busy_for(self._own(name), duration.total_seconds())

    def hitch_once(self, name: str, hitch: str) -> None:
        own, hub = self._own(name), self._world.hub
        if hitch == "keeps silent":
            self.allow_silence(timedelta(seconds=SILENCE_SECONDS))
        verbs: dict[str, Any] = {
            "fails": lambda: hub.fails(own),
            "is out of order": lambda: hub.refuses(own, 503, times=1),
            "is overrun": lambda: hub.refuses(own, 429, times=1),
            "breaks off": lambda: hub.drops_the_connection_at(own, 100_000),
            "keeps silent": lambda: hub.falls_silent_at(own, 100_000),
        }
        verbs[hitch]()

    def allow_silence(self, duration: timedelta) -> None:
        self._world.decide(download_stall_seconds=duration.total_seconds())

    def fail_always(self, name: str) -> None:
        self._world.hub.fails(self._own(name), times=None)

    def hold_back(self, name: str) -> None:
        self._world.hub.holds_back(self._own(name))

    def drop_often(self, name: str, times: int) -> None:
        """So often, each time after as many bytes more."""
        size = len(self._world.downloads.offer_of(name).content)
        for number in range(1, times + 1):
            self.drop_at(name, size * number // (times + 1))

    def drop_at(self, name: str, size: int) -> None:
        self._world.hub.drops_the_connection_at(self._own(name), size)

    def fall_silent_at(self, name: str, size: int) -> None:
        self._world.hub.falls_silent_at(self._own(name), size)

    def redirect(self, name: str, address: str) -> None:
        self._world.hub.redirects(self._own(name), address)

    def redirect_in_circles(self, name: str) -> None:
        self._world.hub.redirects_in_circles(self._own(name))

    def vanish(self) -> None:
        """Nobody answers at its address any more."""
        self._world.hub.close()

    def refuse(self, name: str, status: int) -> None:
        self._world.hub.refuses(self._own(name), status)

    def refuse_once(self, name: str) -> None:
        self._world.hub.refuses(self._own(name), 404, times=1)

    def refuse_at_source(self, name: str, status: int, *, every: bool = False) -> None:
        """At the file's own address, and at every mirror if so."""
        self._world.hub.refuses(self._own(name), status)
        for number, _ in enumerate(self._world.downloads.offer_of(name).mirrors if every else (), 1):
            self._world.hub.mirror_fails(self._own(name), number, status=status)

    def give_early_access(self, name: str, duration: timedelta) -> None:
        until = self._world.clock.now() + duration
        self.early_until = until.date().isoformat()
        self._world.hub.is_in_early_access(self._own(name), until)

    def expire_links(self, name: str) -> None:
        self._world.hub.lets_links_expire(self._own(name), after=1)

    # Keys

    def want_key(self, name: str, key: str) -> None:
        self._world.hub.needs_a_key(self._own(name), key)

    def move_to_second_host(self, name: str) -> None:
        self._world.hub.moves_to_the_second_host(self._own(name))

    @property
    def host(self) -> str:
        """The hub's host and port, as keys are filed."""
        return self._world.hub.url.partition("://")[2]
