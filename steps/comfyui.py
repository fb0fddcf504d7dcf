"""Sentences about the ComfyUI servers that a studio paints through."""

from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("there are two servers")
def two_servers(world: World) -> None:
    world.servers.have(2)


@given("the server is of version {float}")
def version(world: World, number: float) -> None:
    world.servers.be_of_version(str(number))


@given("the server is down")
def is_down(world: World) -> None:
    world.servers.go_down()


@given("the {which} server is down")
def one_is_down(world: World, which: str) -> None:
    world.servers.go_down(which)


@given("the server is busy with somebody else's picture")
def is_busy(world: World) -> None:
    world.servers.be_busy("first")


@given("the {which} server is busy with somebody else's picture")
def one_is_busy(world: World, which: str) -> None:
    world.servers.be_busy(which)


@given("{trouble} at the server")
def in_trouble(world: World, trouble: str) -> None:
    world.servers.be_in_trouble(trouble)


@given("the server runs out of memory once")
def out_of_memory_once(world: World) -> None:
    world.servers.run_out_of_memory_once()


@given("the server is ten times as slow")
def is_slow(world: World) -> None:
    world.servers.be_slow()


@given("the server restarts in the middle of every picture")
def restarts_every_time(world: World) -> None:
    world.servers.restart_every_time()


@given("the servers paint with FLUX.1-Kontext in parts")
def paint_with_kontext(world: World) -> None:
    world.servers.paint_with_kontext()


@given("the server never ends an inference step")
def never_ends(world: World) -> None:
    world.servers.never_end_a_step()


@given("the server loses the word to stop once")
def loses_once(world: World) -> None:
    world.servers.lose_the_word_to_stop()


@given("the server does not hear that it shall stop")
def hears_nothing(world: World) -> None:
    world.servers.hear_nothing()


@given("the server leaves out one picture of several")
def leaves_out(world: World) -> None:
    world.servers.leave_out_a_picture()


@given("the server's pictures were deleted")
def pictures_deleted(world: World) -> None:
    world.servers.lose_pictures()


@given("a job for {string} is waiting at the server")
def waiting_at_server(world: World, prompt: str) -> None:
    world.servers.bring_to_wait(prompt)


@given("a job for {string} waits for the server")
def waits_for_server(world: World, prompt: str) -> None:
    world.jobs.wait_for_the_server(prompt)


@when("the server comes back, and every wait passes")
def comes_back(world: World) -> None:
    world.servers.come_back()


@when("the server restarts, and the studio goes on until nothing is left to paint")
def restarts(world: World) -> None:
    world.servers.restart_and_go_on()


@when("the server's lines break, and the studio goes on until nothing is left to paint")
def lines_break(world: World) -> None:
    world.servers.drop_lines_and_go_on()


@when("the server works again, and a job for {string} is asked for")
def works_again(world: World, prompt: str) -> None:
    world.servers.work_again(prompt)


@when("the server finishes it while the studio is being restarted")
def finishes_meanwhile(world: World) -> None:
    world.servers.finish_while_the_studio_restarts()


@when("the studio is restarted, and somebody else's picture is done")
def restart_behind_others(world: World) -> None:
    world.jobs.restart_and_go_on()


@then("the server was asked to paint {string} {times}")
def asked_to_paint(world: World, prompt: str, times: int) -> None:
    expect.servers(world).asked_to_paint(prompt, times)


@then("the server was asked to paint {string} {times}, within {duration}")
def asked_again(world: World, prompt: str, times: int, duration: timedelta) -> None:
    expect.servers(world).asked_again_within(prompt, times, duration)


@then("nothing was painted")
def nothing_painted(world: World) -> None:
    expect.servers(world).painted_nothing()


@then("nothing of ours is left at the server")
def nothing_of_ours(world: World) -> None:
    expect.servers(world).hold_nothing_of_ours()


@then("the server finishes {string} nevertheless")
def finishes_nevertheless(world: World, prompt: str) -> None:
    expect.servers(world).finished(prompt)


@then("the server was told to stop more than once")
def told_again(world: World) -> None:
    expect.servers(world).were_told_again()


@then("somebody else's picture is still being painted")
def others_go_on(world: World) -> None:
    expect.servers(world).still_paint_for_others()


@then("the {which} server painted {string}")
def painted_by(world: World, which: str, prompt: str) -> None:
    expect.servers(world).painted_by(which, prompt)


@then("each server paints one picture")
def one_each(world: World) -> None:
    expect.servers(world).paint_one_each()


@then("the studio listened to the server before it asked for {string}")
def listened_first(world: World, prompt: str) -> None:
    expect.servers(world).were_listened_to_first(prompt)


@then("no trace of the server's inside is told")
def hides_the_inside(world: World) -> None:
    expect.job(world).hides_the_inside()
