"""Sentences about the queue of jobs: whose turn it is, how time passes, who is called off, what outlives a restart."""

from dataclasses import dataclass
from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.world import World


@dataclass
class Named:
    """One row of a list of jobs, each called by its prompt."""

    job: str


@given("each inference step takes {duration}")
def step_takes(world: World, duration: timedelta) -> None:
    world.pace.take_so_long(duration)


@given("two pictures can be painted at the same time")
def two_at_once(world: World) -> None:
    world.jobs.have_two_places()


@given("a job may take {duration}")
def may_take(world: World, duration: timedelta) -> None:
    world.pace.take_at_most(duration)


@given("{int} job(s) may wait")
def may_wait(world: World, count: int) -> None:
    world.decide(generation_queue_limit=count)


@given("a job for {string} is running")
def is_running_already(world: World, prompt: str) -> None:
    world.jobs.start(prompt)


@given("a job for {string} is running, with {int} of its {int} inference steps done")
def is_running_with(world: World, prompt: str, done: int, of: int) -> None:
    world.jobs.start(prompt, done, steps=of)


@given("a job for {string} is running in a studio that may be killed")
def is_running_in_own_process(world: World, prompt: str) -> None:
    world.jobs.start_in_own_process(prompt)


@given("a job for {string} waits")
def waits(world: World, prompt: str) -> None:
    world.jobs.wait(prompt)


@given("an urgent job for {string} waits")
def urgent_waits(world: World, prompt: str) -> None:
    world.jobs.wait(prompt, priority="urgent")


@given("these jobs wait")
def these_wait(world: World, table: list[Named]) -> None:
    world.jobs.wait_all([row.job for row in table])


@given("every place is taken")
def every_place_taken(world: World) -> None:
    world.jobs.take_every_place()


@given("a job for {string} was cancelled while it ran")
def was_cancelled_running(world: World, prompt: str) -> None:
    world.jobs.cancel_while_it_runs(prompt)


@given("the job {string} was cancelled")
def was_cancelled(world: World, prompt: str) -> None:
    world.jobs.cancel(prompt)


@given("a job for {string} was turned down")
def was_turned_down(world: World, prompt: str) -> None:
    world.jobs.be_turned_down(prompt)


@given("a job for {string} has run out of time")
def has_run_out_of_time(world: World, prompt: str) -> None:
    world.jobs.run_out_of_time(prompt)


@given("somebody who waited for {string} has hung up")
def has_hung_up(world: World, prompt: str) -> None:
    world.jobs.hang_up_on(prompt)


@when("a job for {string} is asked for, and every wait passes")
def ask_through_waits(world: World, prompt: str) -> None:
    world.jobs.run_to_the_end(prompt)


@when("a job for {string} runs to its end")
def run_to_the_end(world: World, prompt: str) -> None:
    world.jobs.run_to_the_end(prompt)


@when("a job for {string} with {int} inference steps runs to its end")
def run_steps_to_the_end(world: World, prompt: str, steps: int) -> None:
    world.jobs.run_to_the_end(prompt, steps=steps)


@when("the backend goes on until nothing is left to paint")
def go_on(world: World) -> None:
    world.pace.go_on()


@when("the studio is restarted, and goes on until nothing is left to paint")
def restart_and_go_on(world: World) -> None:
    world.jobs.restart_and_go_on()


@when("the studio is killed, started anew, and goes on until nothing is left to paint")
def kill_and_go_on(world: World) -> None:
    world.jobs.kill_and_go_on()


@when("ten clients ask for {int} jobs at once")
def ask_from_clients(world: World, count: int) -> None:
    world.many_jobs.ask_from_clients(count)


@when("the job {string} is cancelled")
def cancel(world: World, prompt: str) -> None:
    world.jobs.cancel(prompt)


@when("the job {string} is cancelled, and one more inference step passes")
def cancel_and_pass(world: World, prompt: str) -> None:
    world.jobs.cancel_and_pass_one_step(prompt)


@then("the job {string} is running")
def is_running(world: World, prompt: str) -> None:
    expect.job(world, prompt).running()


@then("the job {string} is cancelled")
def is_cancelled(world: World, prompt: str) -> None:
    expect.job(world, prompt).cancelled()


@then("the job {string} waits in place {int}")
def waits_in_place(world: World, prompt: str, place: int) -> None:
    expect.job(world, prompt).waits_in_place(place)


@then("the job {string} waits in no place")
def waits_in_no_place(world: World, prompt: str) -> None:
    expect.job(world, prompt).waits_in_place(None)


@then("it was attempted {times}")
def attempted(world: World, times: int) -> None:
    expect.job(world).attempted(times)


@then("the backend paints it no more")
def painted_no_more(world: World) -> None:
    expect.job(world).is_painted_no_more()


@then("the jobs were painted in this order")
def painted_in_order(world: World, table: list[Named]) -> None:
    expect.jobs(world).painted_in_order([row.job for row in table])


@then("each of them ends with its own picture, none lost, none mixed up")
def none_lost(world: World) -> None:
    expect.jobs(world).none_lost_or_mixed()


@then("the studio knows no job for {string}")
def knows_none(world: World, prompt: str) -> None:
    expect.jobs(world).none_for(prompt)


@then("nothing was kept for the one who hung up")
def nothing_kept(world: World) -> None:
    expect.jobs(world).nothing_kept_of_who_hung_up()
