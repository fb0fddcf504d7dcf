"""What a scenario does to downloads in their course: held midway, paused, hurried, restarted, let go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

TICK = timedelta(milliseconds=100)


class DownloadCourse:
    """Verbs that bring downloads somewhere and move them on; remembers what came while time passed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._others = 0
        self.came_bytes = 0

    def run_in_own_process(self) -> None:
        """Have the studio run as people run it: by the machine's clock, and so that it can be killed."""
        if self._world.studio_runs:
            raise StepError("say that the studio runs in a process of its own before it is first used")
        self._world.in_own_process = True

    # Midway

    def bring_to_half(self, name: str) -> None:
        """Bring a download to its middle, and keep it there."""
        self.bring_up_to(name, len(self._world.downloads.offer_of(name).content) // 2)

    def bring_up_to(self, name: str, size: int, *, checked: bool = False) -> None:
        """Bring a download to where so many of its bytes have arrived, and keep it there.

        Without a promised checksum unless `checked`: what holds then is not held by the checksum alone.
        """
        self._world.hub.holds_back_at(self._world.own(name), size)
        self._world.downloads.start(name, checked=checked)
        self.must_reach(name, size)

    def start_up_to_half(self, name: str) -> None:
        self._world.downloads.start(name)
        self.must_reach(name, len(self._world.downloads.offer_of(name).content) // 2)

    def must_reach(self, name: str, size: int) -> None:
        # What the hub has sent is still on its way: only the studio knows what has arrived.
        if not until(lambda: int(self._world.downloads.view(name)["bytes_done"]) >= size):
            raise StepError(f"{size:,} bytes of {name!r} never arrived: it is {self._world.downloads.view(name)}")

    def pause_after(self, name: str, size: int, *, checked: bool = False) -> None:
        """Bring a download to so many bytes, pause it; the hub is ready to send the rest."""
        self.bring_up_to(name, size, checked=checked)
        self.move(name, "pause")
        self._world.answered.must()
        self.must_become(name, "paused")
        self._world.hub.lets_go(self._world.own(name))

    def wait_while_busy(self, name: str, duration: timedelta) -> None:
        """Bring a download to wait for a hub that is busy."""
        self._world.hub.is_busy_for(self._world.own(name), duration.total_seconds())
        self._world.downloads.start(name)
        self.must_become(name, "waiting")
        if not until(lambda: self._world.clock.sleepers):
            raise StepError(f"{name!r} waits, and nobody sleeps until its wait is over")

    def queue(self, name: str) -> None:
        """Bring a download to wait for its turn."""
        self.take_every_place()
        self._world.downloads.start(name)
        self.must_become(name, "queued")

    def take_every_place(self) -> None:
        """Have somebody else's downloads, held back by the hub, run wherever there is room."""
        places = int(self._world.client.preferences.get().must().body["concurrency"])
        while self._running() < places:
            self._others += 1
            other = f"somebody-else-{self._others}.safetensors"
            self._world.downloads.offer(other, 50_000)
            self.bring_to_half(other)

    def _running(self) -> int:
        listed = self._world.client.downloads.list(state="running").must().body["downloads"]
        return len(listed)

    def bring_to(self, name: str, state: str) -> None:
        """Bring a download to a state, whichever it is."""
        ways = {
            "queued": lambda: self.queue(name),
            "running": lambda: self.bring_to_half(name),
            "waiting": lambda: self.wait_while_busy(name, timedelta(minutes=2)),
            "paused": lambda: self.pause_after(name, 100_000),
            "completed": lambda: self._world.downloads.complete(name),
            "failed": lambda: self._fail(name),
            "cancelled": lambda: self._end(name, "cancel"),
            "skipped": lambda: self._end(name, "skip"),
        }
        ways[state]()
        self.must_become(name, state)

    def _fail(self, name: str) -> None:
        self._world.hub.refuses(self._world.own(name), 404, times=1)
        self._world.downloads.start(name)

    def _end(self, name: str, move: str) -> None:
        self.bring_to_half(name)
        self.move(name, move)
        self._world.answered.must()
        self._world.hub.lets_go(self._world.own(name))

    def must_become(self, name: str, state: str) -> None:
        if not until(lambda: self._world.downloads.state(name) == state):
            raise StepError(f"{name!r} never came to be {state}: it is {self._world.downloads.view(name)}")

    # The queue

    def run_and_wait(self, running: list[str], waiting: list[str]) -> None:
        """New models: some are held midway, the others wait behind them, in this order, and would be held, too."""
        for name in running:
            self._world.downloads.offer(name, 200_000)
            self.bring_to_half(name)
        for name in waiting:
            self._world.downloads.offer_held_back(name, 200_000)
            self._world.downloads.start(name)
            self.must_become(name, "queued")

    def run_all(self) -> None:
        """Have everything that the hub offers run."""
        self._world.downloads.start_all()
        for name in self._world.downloads.ids:
            self.must_become(name, "running")

    def ask_in_a_hurry(self, name: str) -> None:
        self._world.downloads.offer_held_back(name, 200_000)
        self._world.downloads.start(name, priority="high")

    def hurry(self, name: str, urgency: str) -> None:
        downloads = self._world.downloads
        self._world.ask(self._world.client.downloads.hurry(downloads.id(name), urgency))

    def let_go_one_by_one(self) -> None:
        """Ask for everything; let each go once it is held in its middle, in their order."""
        self._world.downloads.start_all()
        for name, offered in self._world.downloads.offered.items():
            if not until(lambda name=offered.name: self._world.hub.is_holding(name)):  # type: ignore[misc]
                raise StepError(f"{name!r} never came to its middle: it is {self._world.downloads.view(name)}")
            self._world.hub.lets_go(offered.name)
            self._world.downloads.ended(name)

    # Moves

    def move(self, name: str, move: str) -> None:
        self._world.ask(self._world.client.downloads.move(self._world.downloads.id(name), move))

    def move_and_let_go(self, name: str, move: str) -> None:
        self.move(name, move)
        self.let_all_go()

    def resume_and_pass_every_wait(self, name: str) -> None:
        self.move(name, "resume")
        self._world.downloads.pass_every_wait(name)

    def resume_and_pass_midway(self, name: str, duration: timedelta) -> None:
        """Resume, hold in the middle, let time pass there, and let go."""
        own, half = self._world.own(name), len(self._world.downloads.offer_of(name).content) // 2
        self._world.hub.holds_back_at(own, half)
        self.move(name, "resume")
        until(lambda: self._world.hub.is_holding(own))
        self.let_go_after(name, duration)

    def retry_failed(self) -> None:
        self._world.ask(self._world.client.downloads.retry_failed()).must()

    def clear(self, state: str) -> None:
        self._world.ask(self._world.client.downloads.clear(state)).must()

    # Going on

    def let_go(self, name: str) -> None:
        self._world.hub.lets_go(self._world.own(name))

    def let_go_after(self, name: str, duration: timedelta) -> None:
        self._world.clock.advance(duration)
        self.let_go(name)

    def let_all_go(self) -> None:
        for offered in self._world.downloads.offered.values():
            self._world.hub.lets_go(offered.name)

    def go_on_until_done(self) -> None:
        self.let_all_go()
        for name in self._world.downloads.ids:
            self._world.downloads.ended(name)

    def ask_again_and_let_go(self, name: str) -> None:
        self._world.downloads.ask_again(name)
        self.let_go(name)

    def ask_again_with_checksum_of(self, name: str, other: str) -> None:
        self._world.downloads.start_with_checksum_of(name, other)
        self.let_go(name)

    def pass_bit_by_bit(self, duration: timedelta) -> None:
        """Let time pass in tenths of a second, whoever waits for the clock having caught up each time."""
        before = self._all_bytes()
        for _ in range(round(duration / TICK)):
            self._world.clock.advance(TICK)
            until(lambda: self._world.clock.sleepers >= len(self._world.downloads.ids), within=TICK)
        self.came_bytes = self._all_bytes() - before

    def _all_bytes(self) -> int:
        return sum(int(self._world.downloads.view(name)["bytes_done"]) for name in self._world.downloads.ids)

    # Restarts

    def restart(self) -> None:
        """Stop the studio and start it anew; it has begun its work before this returns."""
        self._world.restart()
        self._world.client.health().must()

    def restart_and_let_go(self) -> None:
        self.restart()
        self.let_all_go()

    def restart_with_new_edition(self, name: str) -> None:
        self._world.restart()
        self._world.model_hub.renew(name)
        self.restart_and_let_go()

    def kill(self) -> None:
        self._world.kill()
        self._world.client.health().must()

    def kill_and_let_go(self) -> None:
        self.kill()
        self.let_all_go()
