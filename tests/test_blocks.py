"""Blocks: every byte is fetched by exactly one connection, whoever takes, writes and leaves what in which order."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.downloads.engine.blocks import BLOCK_BYTES, Blocks, Run
from app.downloads.engine.opening import WHOLE


class Fetched(RuleBasedStateMachine):
    """Connections at work on a file, beside a plain list of how often each byte has been written."""

    @initialize(total=st.integers(1, 60), block_bytes=st.integers(1, 20), data=st.data())
    def begin(self, total: int, block_bytes: int, data: st.DataObject) -> None:
        ends = data.draw(st.lists(st.tuples(st.integers(0, total), st.integers(0, total)), max_size=3))
        done = [(min(pair), max(pair)) for pair in ends if pair[0] != pair[1]]
        self.block_bytes = block_bytes
        self.blocks = Blocks(total, block_bytes=block_bytes, done=done)
        self.runs: list[Run] = []
        self.times = [0] * total
        for start, stop in self.blocks.ranges():
            assert all(any(first <= byte < last for first, last in done) for byte in range(start, stop))
            for byte in range(start, stop):
                self.times[byte] += 1

    @rule()
    def take(self) -> None:
        run = self.blocks.take()
        if run is None:
            return
        assert run.stop is not None and run.left
        assert run.at // self.block_bytes == (run.stop - 1) // self.block_bytes
        self.runs.append(run)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.runs))
        size = data.draw(st.integers(0, run.left or 0))
        for byte in range(run.at, run.at + size):
            self.times[byte] += 1
        self.blocks.wrote(run, size)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.runs))
        self.runs.remove(run)
        self.blocks.drop(run)

    @rule()
    def restart(self) -> None:
        """As after a kill: what the ranges say is all that is known."""
        self.blocks = Blocks(len(self.times), block_bytes=self.block_bytes, done=self.blocks.ranges())
        self.runs.clear()

    @invariant()
    def every_byte_is_there_once_or_not(self) -> None:
        if not hasattr(self, "times"):
            return
        there = {byte for start, stop in self.blocks.ranges() for byte in range(start, stop)}
        assert self.times == [int(byte in there) for byte in range(len(self.times))]
        assert self.blocks.bytes_done == len(there)
        assert self.blocks.complete == (len(there) == len(self.times))
        gap = next((byte for byte, times in enumerate(self.times) if not times), len(self.times))
        assert self.blocks.frontier == gap

    @invariant()
    def what_is_missing_is_taken_or_waits(self) -> None:
        if not hasattr(self, "times"):
            return
        open_runs = [run for run in self.runs if run.left]
        missing = {byte // self.block_bytes for byte, times in enumerate(self.times) if not times}
        assert self.blocks.waiting == len(missing) - len(open_runs)


TestFetched = Fetched.TestCase
TestFetched.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.integers(0, 5 * BLOCK_BYTES))
def test_the_ranges_of_what_is_there_are_read_back_as_they_are(prefix: int) -> None:
    total = 5 * BLOCK_BYTES
    again = Blocks(total, done=[(0, prefix)])
    assert again.ranges() == (((0, prefix),) if prefix else ())
    assert again.frontier == again.bytes_done == prefix


def test_of_a_block_only_its_beginning_counts() -> None:
    assert Blocks(30, block_bytes=10, done=[(5, 10), (12, 18), (20, 23)]).ranges() == ((20, 23),)


def test_a_file_without_bytes_is_complete() -> None:
    assert Blocks(0).complete
    assert Blocks(0).take() is None


def test_a_file_of_unknown_length_is_complete_once_its_end_is_known() -> None:
    blocks = Blocks(None, block_bytes=WHOLE)
    run = blocks.take()
    assert run is not None and run.left is None and blocks.take() is None
    blocks.wrote(run, 7)
    assert (blocks.frontier, blocks.complete) == (7, False)
    blocks.end(run)
    assert (blocks.total, blocks.frontier, blocks.complete) == (7, 7, True)


def test_who_waits_hears_of_every_byte() -> None:
    blocks = Blocks(10)
    run = blocks.take()
    assert run is not None
    heard = threading.Event()

    def listen() -> None:
        with blocks.changed:
            blocks.changed.wait_for(lambda: blocks.bytes_done == 3)
        heard.set()

    listener = threading.Thread(target=listen)
    listener.start()
    blocks.wrote(run, 3)
    listener.join(5)
    assert heard.is_set()


@pytest.mark.parametrize(("total", "count"), [(1, 1), (BLOCK_BYTES, 1), (BLOCK_BYTES + 1, 2)])
def test_the_last_block_holds_the_rest(total: int, count: int) -> None:
    blocks = Blocks(total)
    runs = [blocks.take() for _ in range(count)]
    assert [run.stop for run in runs if run][-1] == total
    assert blocks.take() is None
