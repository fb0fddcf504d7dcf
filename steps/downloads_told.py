"""Sentences about what is told of downloads: on the channel, in the list, in the history, in the counts."""

from dataclasses import dataclass
from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@dataclass
class Heard:
    """One row of what listeners hear."""

    what: str


@dataclass
class Ended:
    """One row of what the history tells."""

    name: str
    end: str


@given("somebody listens to the downloads")
def listens(world: World) -> None:
    world.downloads.listen()


@given("somebody listens to the download of {string}")
def listens_to_one(world: World, name: str) -> None:
    world.downloads.listen_to(name)


@given("somebody listens to the downloads, but does not keep up")
def listens_slowly(world: World) -> None:
    world.downloads.listen_without_keeping_up()


@when("somebody listens to the downloads")
def listen(world: World) -> None:
    world.downloads.listen()


@when("the listener of the downloads catches up")
def catch_up(world: World) -> None:
    world.downloads.catch_up()


@when("the list is cleared of what was completed")
def clear(world: World) -> None:
    world.course.clear("completed")


@then("the listeners hear that {string} was")
def listeners_hear(world: World, name: str, table: list[Heard]) -> None:
    expect.told(world, name).told([row.what for row in table])


@then("its progress was told more than once and only grew")
def progress_grew(world: World) -> None:
    expect.told(world).progress_grew(at_least=2)


@then("its progress only grew")
def progress_only_grew(world: World) -> None:
    expect.told(world).progress_grew(at_least=1)


@then("its progress was told more than once, and never twice within a tenth of a second")
def progress_bounded(world: World) -> None:
    expect.told(world).progress_took_its_time(timedelta(seconds=0.1))


@then("it is in the library then")
def in_library_at_end(world: World) -> None:
    expect.told(world).was_in_the_library_when_told()


@then("the listeners hear of one end of {string}, that it {became}")
def one_end(world: World, name: str, end: str) -> None:
    expect.told(world, name).told_one_end(end)


@then("the listeners hear of one end of {string}, and nothing of {string}")
def one_end_alone(world: World, name: str, other: str) -> None:
    expect.told(world, name).told_alone(other)


@then("the listener has heard of the one end of every download")
def every_end(world: World) -> None:
    expect.downloads(world).told_every_end()


@then("the listener is told at once that {size} of {size} of {string} are done")
def told_at_once(world: World, done: Bytes, of: Bytes, name: str) -> None:
    expect.told(world, name).told_at_once(done, of)


@then("the listeners heard of a wait of {duration} for {string}, because {string}")
def told_of_wait(world: World, duration: timedelta, name: str, why: str) -> None:
    expect.told(world, name).told_of_a_wait(duration, why)


@then("the listeners heard of {number} waits for {string}, each about twice as long as the one before")
def told_of_waits(world: World, count: int, name: str) -> None:
    expect.told(world, name).told_of_growing_waits(count)


@then("the list of downloads shows {string} as failed")
def listed_as_failed(world: World, name: str) -> None:
    expect.told(world, name).listed_as("failed")


@then("the list of downloads does not show {string}")
def not_listed(world: World, name: str) -> None:
    expect.told(world, name).listed_as(None)


@then("the history tells once that {string} {became}")
def history_tells(world: World, name: str, end: str) -> None:
    expect.told(world, name).in_history_once(end)


@then("the history tells, in this order")
def history_in_order(world: World, table: list[Ended]) -> None:
    expect.downloads(world).history_tells([(row.name, row.end) for row in table])


@then("{int} downloads are counted as completed, and {int} as failed")
def counted(world: World, completed: int, failed: int) -> None:
    expect.downloads(world).counted(completed=completed, failed=failed)
