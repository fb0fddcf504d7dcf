"""Sentences about listening to jobs, and about how a studio tells of its generation."""

from dataclasses import dataclass
from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.world import World


@dataclass
class Heard:
    """One row of what listeners hear."""

    what: str


@given("somebody listens to the jobs")
def listens(world: World) -> None:
    world.jobs.listen()


@given("somebody listens to the job {string}")
def listens_to_one(world: World, prompt: str) -> None:
    world.jobs.listen_to(prompt)


@given("somebody listens to the jobs, but does not keep up")
def listens_slowly(world: World) -> None:
    world.jobs.listen_without_keeping_up()


@given("pictures are kept for {int} days")
def kept_for(world: World, days: int) -> None:
    world.decide(generation_keep_days=days)


@when("somebody listens to the jobs")
def listen(world: World) -> None:
    world.jobs.listen()


@when("the listener catches up")
def catch_up(world: World) -> None:
    world.jobs.catch_up()


@when("the jobs are counted")
def count(world: World) -> None:
    world.ask(world.client.generation.stats())


@when("the backend is asked what it can do")
def ask_backend(world: World) -> None:
    world.ask(world.client.generation.backends())


@when("the studio is asked for its measures")
def ask_measures(world: World) -> None:
    world.ask(world.client.generation.metrics())


@when("{int} days pass, and a picture of {string} is made")
def days_pass(world: World, days: int, prompt: str) -> None:
    world.jobs.make_after(timedelta(days=days), prompt)


@then("the listeners hear that the job {string} was")
def hear(world: World, prompt: str, table: list[Heard]) -> None:
    expect.heard(world).told(prompt, [row.what for row in table])


@then("the listeners hear of one end of the job {string}, that it {became}")
def hear_one_end(world: World, prompt: str, became: str) -> None:
    expect.heard(world).told_one_end(prompt, became)


@then("the listeners hear of steps {int} to {int} of {string}, each once and in order")
def hear_steps(world: World, first: int, last: int, prompt: str) -> None:
    expect.heard(world).told_steps(prompt, first, last)


@then("the listeners hear nothing of the job {string}")
def hear_nothing(world: World, prompt: str) -> None:
    expect.heard(world).nothing_of(prompt)


@then("the listener is told at once that {int} of {int} inference steps of {string} are done")
def shown_at_once(world: World, step: int, of: int, prompt: str) -> None:
    expect.heard(world).shown_at_once(prompt, step, of)


@then("the listener has heard of the one end of every job")
def heard_every_end(world: World) -> None:
    expect.heard(world).heard_every_end()


@then("its progress came with pictures")
def with_pictures(world: World) -> None:
    expect.heard(world).told_with_pictures(world.jobs.current)


@then("its progress came without pictures")
def without_pictures(world: World) -> None:
    expect.heard(world).told_without_pictures(world.jobs.current)


@then("it was attempted {times}, with a longer wait each time")
def longer_waits(world: World, times: int) -> None:
    expect.heard(world).waited_longer_each_time(world.jobs.current, times)


@then("it is degraded, because of {string}")
def is_degraded(world: World, why: str) -> None:
    expect.observed(world).degraded(why)


@then("it offers all that this run was promised")
def offers_all(world: World) -> None:
    expect.observed(world).offers_what_was_promised()


@then("it gives a reason for everything that is not at work")
def gives_reasons(world: World) -> None:
    expect.observed(world).gives_reasons()


@then("as many are counted in each state as the list shows")
def counted_as_listed(world: World) -> None:
    expect.jobs(world).counted_as_listed()


@then("at least one is cancelled, one running and one pending")
def counted(world: World) -> None:
    expect.jobs(world).counted("cancelled", "running", "pending")


@then("the measures tell of {int} pictures")
def measures_pictures(world: World, number: int) -> None:
    expect.observed(world).count_pictures(number)


@then("the measures tell of one failure by {string}")
def measures_failure(world: World, cause: str) -> None:
    expect.observed(world).count_failures(1, cause)


@then("the measures tell that nothing waits and nothing runs")
def measures_rest(world: World) -> None:
    expect.observed(world).nothing_goes_on()
