"""Sentences about the course of downloads: held midway, paused, hurried, queued, restarted."""

from dataclasses import dataclass
from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes, Percent
from support.world import World


@dataclass
class Named:
    """One row of a list of downloads."""

    name: str


@given("the studio lives by the real clock")
def real_clock(world: World) -> None:
    world.course.run_in_own_process()


@given("the studio may be killed")
def may_be_killed(world: World) -> None:
    world.course.run_in_own_process()


@given("{number} download(s) may run at a time")
def may_run(world: World, count: int) -> None:
    world.decide(download_concurrency=count)


@given("only one download may run at a time from now on")
def fewer_may_run(world: World) -> None:
    world.preferences.must_set(concurrency=1)


@given("a download may open {int} connections")
def may_open(world: World, count: int) -> None:
    world.decide(download_connections=count)


@given("all downloads together may take {size} a second")
def may_take(world: World, size: Bytes) -> None:
    world.decide(download_speed_limit=size)


@given("{string} is half downloaded")
def half_downloaded(world: World, name: str) -> None:
    world.course.bring_to_half(name)


@given("{string} is downloaded up to {size}")
def downloaded_up_to(world: World, name: str, size: Bytes) -> None:
    world.course.bring_up_to(name, size)


@given("{string} is paused after {size}")
def paused_after(world: World, name: str, size: Bytes) -> None:
    world.course.pause_after(name, size)


@given("{string}, promised by its checksum, is paused after {size}")
def paused_after_checked(world: World, name: str, size: Bytes) -> None:
    world.course.pause_after(name, size, checked=True)


@given("{string} waits {duration} for the busy hub")
def waits(world: World, name: str, duration: timedelta) -> None:
    world.course.wait_while_busy(name, duration)


@given("{string} is queued")
def is_queued(world: World, name: str) -> None:
    world.course.queue(name)


@given("the download of {string} is {state}")
def is_brought_to(world: World, name: str, state: str) -> None:
    world.course.bring_to(name, state)


@given("the download of {string} has failed")
def has_failed(world: World, name: str) -> None:
    world.downloads.fail(name)


@given("{string} runs, and these wait")
def runs_and_wait(world: World, name: str, table: list[Named]) -> None:
    world.course.run_and_wait([name], [row.name for row in table])


@given("these run, and {string} waits")
def run_and_waits(world: World, name: str, table: list[Named]) -> None:
    world.course.run_and_wait([row.name for row in table], [name])


@given("all of them run")
def all_run(world: World) -> None:
    world.course.run_all()


@given("{string} has been asked for in a hurry")
def asked_in_a_hurry(world: World, name: str) -> None:
    world.course.ask_in_a_hurry(name)


@given("a partial file that belongs to no download lies in the LoRA folder")
def stray_partial_file(world: World) -> None:
    world.preferences.leave_a_partial_file()


@when("{string} is {moved}")
def move(world: World, name: str, move: str) -> None:
    world.course.move(name, move)


@when("{string} is cancelled, and the hub goes on")
def cancel_and_go_on(world: World, name: str) -> None:
    world.course.move_and_let_go(name, "cancel")


@when("{string} is resumed, and every wait passes")
def resume_through_waits(world: World, name: str) -> None:
    world.course.resume_and_pass_every_wait(name)


@when("{string} is resumed, and {duration} pass midway")
def resume_and_pass(world: World, name: str, duration: timedelta) -> None:
    world.course.resume_and_pass_midway(name, duration)


@when("{string} is hurried {urgency}")
def hurry(world: World, name: str, urgency: str) -> None:
    world.course.hurry(name, urgency)


@when("everything that failed is tried again")
def retry_failed(world: World) -> None:
    world.course.retry_failed()


@when("all of them are downloaded, one let go after the other")
def download_one_by_one(world: World) -> None:
    world.course.let_go_one_by_one()


@when("two downloads may run at a time from now on")
def more_may_run(world: World) -> None:
    world.preferences.must_set(concurrency=2)


@when("{duration} pass")
def time_passes(world: World, duration: timedelta) -> None:
    world.clock.advance(duration)


@when("{duration} pass, bit by bit")
def time_passes_bit_by_bit(world: World, duration: timedelta) -> None:
    world.course.pass_bit_by_bit(duration)


@when("the studio is restarted, and the hub goes on")
def restart_and_go_on(world: World) -> None:
    world.course.restart_and_let_go()


@when("the studio is restarted, and the hub goes on with a new edition of {string}")
def restart_and_go_on_renewed(world: World, name: str) -> None:
    world.course.restart_with_new_edition(name)


@when("the studio is killed and started anew")
def kill(world: World) -> None:
    world.course.kill()


@when("the studio is killed and started anew, and the hub goes on")
def kill_and_go_on(world: World) -> None:
    world.course.kill_and_let_go()


@then("{string} waits for {duration}")
def waits_for(world: World, name: str, duration: timedelta) -> None:
    expect.download(world, name).waits_for(duration)


@then("{string} waits in place {int}")
def waits_in_place(world: World, name: str, place: int) -> None:
    expect.download(world, name).waits_in_place(place)


@then("these wait, in this order")
def wait_in_order(world: World, table: list[Named]) -> None:
    expect.downloads(world).wait_in_order([row.name for row in table])


@then("{size} of {string} are told as done")
def told_as_done(world: World, size: Bytes, name: str) -> None:
    expect.download(world, name).has_done(size)


@then("the downloads began in this order")
def began_in_order(world: World, table: list[Named]) -> None:
    expect.downloads(world).began_in_order([row.name for row in table])


@then("never more than {number} download(s) ran at the same time")
def never_more(world: World, count: int) -> None:
    expect.downloads(world).never_ran_more_than(count)


@then("{size} have come in that time, within {percent}")
def have_come(world: World, size: Bytes, share: Percent) -> None:
    expect.downloads(world).came_in_that_time(size, share)
