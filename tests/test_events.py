"""Listeners that are too slow: progress is left out, changes of state never, and memory has an end."""

from __future__ import annotations

import asyncio

import pytest

from app.events import Channel, Event, TooSlow


def heard(count: int, *, limit: int, most: int, every: int) -> list[Event]:
    """What a listener reads who comes back after `count` events, of which every so manieth is a change of state."""

    async def listen() -> list[Event]:
        channel = Channel(queue_limit=limit, most=most)
        with channel.listening(None) as listener:
            for number in range(count):
                channel.publish(Event("one", str(number), droppable=number % every != 0))
            await asyncio.sleep(0)
            found = []
            async for event in listener.events():
                found.append(event)
                if event.kind == str(count - 1):
                    break
            return found

    return asyncio.run(listen())


def test_progress_is_left_out_oldest_first_and_a_change_of_state_never() -> None:
    found = heard(1001, limit=50, most=1000, every=10)
    assert [event.kind for event in found if not event.droppable] == [str(number) for number in range(0, 1001, 10)]
    assert len([event for event in found if event.droppable]) < 50
    assert [int(event.kind) for event in found] == sorted(int(event.kind) for event in found)


def test_who_falls_behind_by_changes_of_state_alone_is_told_to_come_back() -> None:
    with pytest.raises(TooSlow):
        heard(2001, limit=50, most=100, every=1)
