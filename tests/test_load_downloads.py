"""A studio that is killed at random moments of several downloads: nothing wrong is kept, nothing is lost.

The same test serves `make test`, with five kills in a row, and `make load`, with LOAD=long, in ten such rows.
"""

from __future__ import annotations

import os
import random
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from support.servers.hub import Hub, Offered
from support.waiting import until
from tests.served import PATIENCE, Caller, StudioProcess, listening

KILLS = 5
ROWS = 10 if os.environ.get("LOAD") == "long" else 1
MODELS, MODEL_BYTES = 3, 48_000_000
PLACES = 2
BLOCK_BYTES = 8 * 1024 * 1024
# Slow enough that a moment can be met.
BYTES_PER_SECOND = 80_000_000
PROGRESS = "/ws/download-progress"
DOWNLOADS = "/api/lm/downloads"
FINAL = ("completed", "failed", "cancelled", "skipped")


@dataclass
class Line:
    """What was asked for, what was heard, and when the studio is to die: after so many bytes, or so many words."""

    hub: Hub
    offered: list[Offered]
    heard: list[Any] = field(default_factory=list)

    @property
    def sent_bytes(self) -> int:
        return sum(self.hub.has_sent(offered.name) for offered in self.offered)

    @property
    def sent_twice_bytes(self) -> int:
        return sum(self.hub.sent_twice(offered.name) for offered in self.offered)

    @property
    def over(self) -> bool:
        """Whether every download has ended, as far as was heard."""
        states: dict[str, str] = {}
        for event in list(self.heard):
            states |= {view["id"]: view["state"] for view in event.get("downloads", [event])}
        return len(states) == len(self.offered) and set(states.values()) <= set(FINAL)

    @property
    def changes(self) -> int:
        return sum(event["event"] not in ("progress", "snapshot") for event in self.heard)


@pytest.mark.parametrize("row", range(ROWS))
def test_a_studio_that_is_killed_again_and_again_completes_every_download_and_keeps_nothing_wrong(
    row: int, tmp_path: Path
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    # With one each, hardly a byte may be sent again; with more, more than one block is open at the kill.
    connections = (1, 4)[row % 2]
    most_again_bytes = PLACES * connections * BLOCK_BYTES
    with Hub() as hub:
        line = Line(hub, [hub.offers(f"model-{n}.safetensors", size_bytes=MODEL_BYTES) for n in range(MODELS)])
        studio = StudioProcess(
            tmp_path / "home",
            ALLOW_PRIVATE_ADDRESSES="true",
            HUB_URL=hub.url,
            DOWNLOAD_CONCURRENCY=str(PLACES),
            DOWNLOAD_CONNECTIONS=str(connections),
            DOWNLOAD_SPEED_LIMIT=str(BYTES_PER_SECOND),
            DOWNLOAD_KEEP_FREE_BYTES="0",
        )
        for kill in range(KILLS):
            studio.start()
            if kill == 0:
                _ask(studio, line)
            _kill_at_some_moment(studio, line, chance)
            assert _wrong(studio, line) == [], f"chance {seed}, after kill {kill + 1}"
            assert line.sent_twice_bytes <= kill * most_again_bytes, f"chance {seed}, after kill {kill + 1}"
        with studio, Caller(studio.address) as caller:
            views = _all_ended(caller)
            assert [view["state"] for view in views] == ["completed"] * MODELS, f"chance {seed}: {views}"
        assert _wrong(studio, line) == [], f"chance {seed}"
        assert sorted(_kept(studio)) == [offered.file_name for offered in line.offered], f"chance {seed}"
        assert line.sent_twice_bytes <= KILLS * most_again_bytes, f"chance {seed}: {line.sent_twice_bytes:,}"


def _ask(studio: StudioProcess, line: Line) -> None:
    """Every model, each with its promised checksum; what was accepted must not be lost from here on."""
    with Caller(studio.address) as caller:
        for offered in line.offered:
            reply = caller.ask("POST", "/api/lm/download", {"urls": [offered.url], "sha256": offered.sha256})
            assert reply.status == 202, reply.content


def _kill_at_some_moment(studio: StudioProcess, line: Line, chance: random.Random) -> None:
    """After so many bytes more, or, one time in four, after some word of the studio's; or when all is over."""
    bytes_due = line.sent_bytes + chance.randrange(1, MODELS * MODEL_BYTES // 2)
    words_due = line.changes + chance.randrange(1, 4)
    by_word = chance.random() < 1 / 4
    with suppress(WebSocketException, OSError), listening(studio.address, line.heard.append, path=PROGRESS):
        until(
            lambda: (line.changes >= words_due if by_word else line.sent_bytes >= bytes_due) or line.over,
            within=PATIENCE,
        )
        studio.kill()


def _all_ended(caller: Caller) -> list[Any]:
    """Every download there is, once it has ended."""
    views: list[Any] = []

    def ended() -> bool:
        views[:] = caller.get(DOWNLOADS)["downloads"]
        return all(view["state"] in FINAL for view in views)

    until(ended, within=PATIENCE)
    return views


def _kept(studio: StudioProcess) -> dict[str, bytes]:
    """What stands under a final name."""
    files = (studio.home / "models").rglob("*")
    return {path.name: path.read_bytes() for path in files if path.is_file() and ".partial" not in path.parts}


def _wrong(studio: StudioProcess, line: Line) -> list[str]:
    """The files under a final name that are not, byte for byte, what the hub offers under it."""
    offered = {one.file_name: one.content for one in line.offered}
    return [name for name, content in _kept(studio).items() if offered.get(name) != content]
