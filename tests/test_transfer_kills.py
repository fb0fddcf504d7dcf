"""What a killed studio leaves: gone on from without a wrong byte, at whatever moment it was killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from app.downloads.engine.sidecar import sidecar_of
from support.servers.hub import Hub, Offered
from support.waiting import until
from tests.transfers import BLOCK, Bench, content, threads

SIZE = 6 * BLOCK + 1000
KILLED = """
import sys
from pathlib import Path
from support.servers.hub import Hub
from tests.transfers import Bench

bench = Bench(Path(sys.argv[1]), None)
print("begun", flush=True)
bench.fetch([sys.argv[2]])
print("over", flush=True)
"""


@pytest.fixture
def lora(hub: Hub) -> Offered:
    return hub.offers("neon", content=content(SIZE))


@pytest.fixture
def bench(tmp_path: Path, hub: Hub) -> Iterator[Bench]:
    yield Bench(tmp_path / "first", hub)
    assert until(lambda: not threads()), threads()


def copied(bench: Bench, to: Path) -> Bench:
    """Another studio's folder with what lies on the disk in this moment: what a kill now would leave."""
    after = Bench(to, bench.hub)
    after.partial.parent.mkdir(parents=True)
    if sidecar_of(bench.partial).exists():
        shutil.copy(sidecar_of(bench.partial), sidecar_of(after.partial))
    shutil.copy(bench.partial, after.partial)
    return after


@pytest.mark.parametrize("seed", range(12))
def test_after_a_kill_at_any_moment_at_most_a_block_a_connection_is_fetched_again(
    bench: Bench, hub: Hub, lora: Offered, tmp_path: Path, seed: int
) -> None:
    at = Random(seed).randrange(SIZE)
    with bench.fetching(lora):
        assert until(lambda: bench.watched.bytes_done >= at)
        done = bench.watched.bytes_done
        after = copied(bench, tmp_path / "after")
    trusted = sum(stop - start for start, stop in after.note.trusted) if after.note else 0
    assert trusted >= done - bench.tuning.connections * BLOCK
    asked = len(hub.ranges_for("neon"))
    assert after.holds(after.fetch(lora), lora)
    again = sum(stop - start for start, stop in hub.ranges_for("neon")[asked:])
    assert again == SIZE - trusted


@pytest.mark.parametrize("number", range(4))
def test_after_a_kill_no_byte_is_trusted_that_was_not_written(
    bench: Bench, hub: Hub, lora: Offered, number: int
) -> None:
    hub.holds_back_at("neon", (2 * number + 1) * BLOCK // 2)
    command = [sys.executable, "-c", KILLED, str(bench.folder), lora.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == "begun\n"
        assert until(lambda: hub.is_holding("neon"))
        killed.send_signal(signal.SIGKILL)
    hub.lets_go("neon")
    assert bench.holds(bench.fetch(lora), lora)
    assert hub.sent_twice("neon") <= bench.tuning.connections * BLOCK


@pytest.mark.parametrize(
    "damage",
    [
        lambda note: note.unlink(),
        lambda note: note.write_bytes(b""),
        lambda note: note.write_bytes(note.read_bytes()[:100]),
        lambda note: note.write_bytes(b"\xff\x00 garbage"),
        lambda note: note.write_bytes(note.read_bytes().replace(b"[[0, ", b"[[0, 9")),
        lambda note: note.rename(note.with_name(f"{note.name}.new")),
    ],
    ids=["missing", "empty", "cut", "garbage", "lying", "unfinished"],
)
def test_a_note_that_is_not_whole_is_not_believed(bench: Bench, hub: Hub, damage: object) -> None:
    lora = hub.offers("ink", content=content(3 * BLOCK))
    bench.tune(connections=1)
    bench.stopped_at(lora, BLOCK + 9)
    bench.partial.write_bytes(b"?" * 3 * BLOCK)
    damage(sidecar_of(bench.partial))  # type: ignore[operator]
    assert bench.holds(bench.fetch(lora), lora)


@pytest.mark.parametrize("size", [0, BLOCK, 3 * BLOCK - 1, 3 * BLOCK + 1])
def test_a_partial_file_of_another_length_than_noted_is_begun_afresh(bench: Bench, hub: Hub, size: int) -> None:
    lora = hub.offers("ink", content=content(3 * BLOCK))
    bench.tune(connections=1)
    bench.stopped_at(lora, BLOCK + 9)
    bench.partial.write_bytes(b"?" * size)
    assert bench.holds(bench.fetch(lora), lora)


def test_a_kill_just_after_the_file_has_changed_leaves_no_note_of_the_old_one(
    bench: Bench, hub: Hub, tmp_path: Path
) -> None:
    old = hub.offers("ink", content=content(BLOCK))
    bench.stopped_at(old, 5000)
    hub.replaces("ink", content=content(BLOCK, 2))
    hub.holds_back_at("ink", 3000)
    with bench.fetching(old):
        assert until(lambda: bench.watched.bytes_done == 3000)
        after = copied(bench, tmp_path / "after")
    assert after.note is None or after.note.trusted in ((), ((0, 3000),))
    hub.lets_go("ink")
    hub.replaces("ink", content=content(BLOCK))
    assert after.fetch(old).path.read_bytes() == content(BLOCK)


def test_a_partial_file_without_its_note_is_begun_afresh(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("ink")
    bench.partial.parent.mkdir(parents=True)
    bench.partial.write_bytes(b"?" * 10_000)
    assert bench.holds(bench.fetch(lora), lora)
