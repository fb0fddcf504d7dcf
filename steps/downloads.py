"""Sentences about downloads."""

from dataclasses import dataclass
from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@dataclass
class Offered:
    """One row of what the hub offers."""

    name: str
    size: Bytes


@dataclass
class Heard:
    """One row of what listeners hear."""

    what: str


@given("the hub offers the LoRA {string} of {size}")
def hub_offers(world: World, name: str, size: Bytes) -> None:
    world.downloads.offer(name, size)


@given("the hub offers these models")
def hub_offers_these(world: World, table: list[Offered]) -> None:
    world.downloads.offer_all([(row.name, row.size) for row in table])


@given("the hub publishes a wrong checksum for {string}")
def wrong_checksum(world: World, name: str) -> None:
    world.downloads.publish_a_wrong_checksum(name)


@given("instead of {string} the hub sends {mischief}")
def hub_sends(world: World, name: str, mischief: str) -> None:
    world.downloads.send_instead(name, mischief)


@given("the hub has removed {string}")
def hub_has_removed(world: World, name: str) -> None:
    world.downloads.remove_from_hub(name)


@given("the hub is busy for {duration}")
def hub_is_busy(world: World, duration: timedelta) -> None:
    world.downloads.keep_the_hub_busy(duration)


@given("downloads from private addresses are not allowed")
def no_private_addresses(world: World) -> None:
    world.settings["allow_private_addresses"] = False


@given("somebody listens to the downloads")
def listen(world: World) -> None:
    world.downloads.listen()


@given("{string} is half downloaded")
def half_downloaded(world: World, name: str) -> None:
    world.downloads.start_and_hold_back(name)


@given("{string} waits {duration} for the busy hub")
def waits(world: World, name: str, duration: timedelta) -> None:
    world.downloads.start_while_busy(name, duration)


@given("{string} has been downloaded")
def has_been_downloaded(world: World, name: str) -> None:
    world.downloads.complete(name)


@when("{string} is downloaded")
def download(world: World, name: str) -> None:
    world.downloads.start(name)


@when("{string} is downloaded, whatever its checksum")
def download_unchecked(world: World, name: str) -> None:
    world.downloads.start(name, checked=False)


@when("{string} is downloaded, and every wait passes")
def download_through_waits(world: World, name: str) -> None:
    world.downloads.start_and_pass_every_wait(name)


@when("the hub's version of {string} is downloaded")
def download_version(world: World, name: str) -> None:
    world.downloads.start_version(name)


@when("all of them are downloaded")
def download_all(world: World) -> None:
    world.downloads.start_all()


@when("{string} is asked for once more")
def ask_again(world: World, name: str) -> None:
    world.downloads.start_again_and_let_go(name)


@when("the hub goes on with {string} after {duration}")
def hub_goes_on(world: World, name: str, duration: timedelta) -> None:
    world.downloads.let_go_after(name, duration)


@when("{string} is cancelled")
def cancel(world: World, name: str) -> None:
    world.downloads.cancel(name)


@when("{duration} pass")
def time_passes(world: World, duration: timedelta) -> None:
    world.clock.advance(duration)


@then("{string} is complete")
def is_complete(world: World, name: str) -> None:
    expect.download(world, name).completed()


@then("{string} is waiting")
def is_waiting(world: World, name: str) -> None:
    expect.download(world, name).waiting()


@then("{string} is cancelled")
def is_cancelled(world: World, name: str) -> None:
    expect.download(world, name).cancelled()


@then("{string} waits for {duration}")
def waits_for(world: World, name: str, duration: timedelta) -> None:
    expect.download(world, name).waits_for(duration)


@then("the download of {string} fails")
def fails(world: World, name: str) -> None:
    expect.download(world, name).failed()


@then("the download of {string} fails because {string}")
def fails_because(world: World, name: str, why: str) -> None:
    expect.download(world, name).failed(because=why)


@then("nothing of {string} is kept")
def nothing_kept(world: World, name: str) -> None:
    expect.download(world, name).left_nothing()


@then("the hub was asked for {string} {times}")
def hub_was_asked(world: World, name: str, times: int) -> None:
    expect.download(world, name).asked_of_the_hub(times)


@then("the hub was never asked for {string}")
def hub_was_never_asked(world: World, name: str) -> None:
    expect.download(world, name).asked_of_the_hub(0)


@then("the hub has sent each byte of {string} once")
def each_byte_once(world: World, name: str) -> None:
    expect.download(world, name).sent_each_byte_once()


@then("{string} is downloaded only once")
def only_once(world: World, name: str) -> None:
    expect.download(world, name).shared()


@then("the listeners hear that {string} was")
def listeners_hear(world: World, name: str, table: list[Heard]) -> None:
    expect.download(world, name).told([row.what for row in table])


@then("its progress was told more than once and only grew")
def progress_grew(world: World) -> None:
    expect.download(world).progress_grew()


@then("it is in the library then")
def in_library_at_end(world: World) -> None:
    expect.download(world).was_in_the_library_when_told()


@then("the listeners hear of one end of {string}, that it failed")
def one_end(world: World, name: str) -> None:
    expect.download(world, name).told_one_end("failed")


@then("the list of downloads shows {string} as failed")
def listed_as_failed(world: World, name: str) -> None:
    expect.download(world, name).listed_as("failed")
