"""Sentences about generation jobs: asked for, waited for, called off, looked up."""

from dataclasses import dataclass
from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Percent, Sides
from support.world import World


@dataclass
class Named:
    """One row of a list of jobs, each called by its prompt."""

    job: str


@given("each inference step takes {duration}")
def step_takes(world: World, duration: timedelta) -> None:
    world.pace.take_so_long(duration)


@given("a job may take {duration}")
def may_take(world: World, duration: timedelta) -> None:
    world.pace.take_at_most(duration)


@given("{int} job(s) may wait")
def may_wait(world: World, count: int) -> None:
    world.settings["generation_queue_limit"] = count


@given("a job for {string} is running")
def is_running_already(world: World, prompt: str) -> None:
    world.jobs.start(prompt)


@given("a job for {string} is running, with {int} of its {int} inference steps done")
def is_running_with(world: World, prompt: str, done: int, of: int) -> None:
    world.jobs.start(prompt, done, steps=of)


@given("a job for {string} is running in a studio that may be killed")
def is_running_in_own_process(world: World, prompt: str) -> None:
    world.jobs.start_in_own_process(prompt)


@given("a studio of its own process has done {int} jobs")
def has_done(world: World, count: int) -> None:
    world.many_jobs.have_done(count)


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


@given("a job for {string} has completed")
def has_completed(world: World, prompt: str) -> None:
    world.jobs.complete(prompt)


@given("a job for {string} at {sides} has completed")
def has_completed_at(world: World, prompt: str, sides: Sides) -> None:
    world.jobs.complete_at(prompt, sides)


@given("a job for {string} at {sides} has failed")
def has_failed(world: World, prompt: str, sides: Sides) -> None:
    world.jobs.fail(prompt, sides)


@given("{int} jobs have completed")
def several_have_completed(world: World, count: int) -> None:
    world.jobs.complete_several(count)


@given("{int} jobs of {int} inference steps have completed")
def several_long_have_completed(world: World, count: int, steps: int) -> None:
    world.jobs.complete_several(count, steps=steps)


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


@when("a job for {string} is asked for")
def ask(world: World, prompt: str) -> None:
    world.jobs.ask(prompt)


@when("a job for {string} at {sides} is asked for")
def ask_at(world: World, prompt: str, sides: Sides) -> None:
    world.jobs.ask_at(prompt, sides)


@when("a job for {string} with {int} inference steps is asked for")
def ask_with_steps(world: World, prompt: str, steps: int) -> None:
    world.jobs.ask(prompt, steps=steps)


@when("a job for {string} is asked for with previews")
def ask_with_previews(world: World, prompt: str) -> None:
    world.jobs.ask(prompt, previews=True)


@when("a job is asked for with")
def ask_with(world: World, table: dict[str, str]) -> None:
    world.jobs.ask_with(table)


@when("a job is asked for with {word} {amount}")
def ask_with_field(world: World, field: str, value: float) -> None:
    world.jobs.ask("a red circle", **{field: value})


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


@when("it does {int} jobs more")
def do_more(world: World, count: int) -> None:
    world.many_jobs.do(count)


@when("the job {string} is cancelled")
def cancel(world: World, prompt: str) -> None:
    world.jobs.cancel(prompt)


@when("the job {string} is cancelled, and one more inference step passes")
def cancel_and_pass(world: World, prompt: str) -> None:
    world.jobs.cancel_and_pass_one_step(prompt)


@when("the job {string} is deleted")
def delete(world: World, prompt: str) -> None:
    world.jobs.delete(prompt)


@when("the job {string} is tried again")
def retry(world: World, prompt: str) -> None:
    world.jobs.move(prompt, "retry")


@when("the job {string} is tried again, and runs to its end")
def retry_to_its_end(world: World, prompt: str) -> None:
    world.jobs.retry_to_its_end(prompt)


@when("the jobs are listed")
def find_all(world: World) -> None:
    world.jobs.find()


@when("the jobs that are {end} are listed")
def find_ended(world: World, end: str) -> None:
    world.jobs.find(state=end)


@when("the edits are listed")
def find_edits(world: World) -> None:
    world.jobs.find(kind="edit")


@when("the jobs are listed in pages of {int}")
def find_in_pages(world: World, page_size: int) -> None:
    world.jobs.list_in_pages(page_size)


@when("{nothing} is looked for")
def look_for(world: World, what: str) -> None:
    world.jobs.look_for(what)


@when("its picture is fetched with a longer side of {int}")
def fetch_small(world: World, side: int) -> None:
    world.jobs.fetch_small(side)


@when("its picture is saved as the recipe {string}")
def save_as_recipe(world: World, name: str) -> None:
    world.jobs.save_as_recipe(name)


@then("the job {string} is complete")
def is_complete(world: World, prompt: str) -> None:
    expect.job(world, prompt).completed()


@then("the job {string} is running")
def is_running(world: World, prompt: str) -> None:
    expect.job(world, prompt).running()


@then("the job {string} is cancelled")
def is_cancelled(world: World, prompt: str) -> None:
    expect.job(world, prompt).cancelled()


@then("the job {string} fails because {string}")
def fails_because(world: World, prompt: str, why: str) -> None:
    expect.job(world, prompt).failed(why)


@then("the job {string} is listed as {end}")
def is_listed_as(world: World, prompt: str, end: str) -> None:
    expect.job(world, prompt).listed_as(end)


@then("the job {string} waits in place {int}")
def waits_in_place(world: World, prompt: str, place: int) -> None:
    expect.job(world, prompt).waits_in_place(place)


@then("the job {string} waits in no place")
def waits_in_no_place(world: World, prompt: str) -> None:
    expect.job(world, prompt).waits_in_place(None)


@then("the job {string} has no picture")
def has_no_picture(world: World, prompt: str) -> None:
    expect.job(world, prompt).has_no_picture()


@then("the job {string} has no picture yet")
def has_no_picture_yet(world: World, prompt: str) -> None:
    expect.job(world, prompt).has_no_picture()


@then("the job {string} is gone")
def is_gone(world: World, prompt: str) -> None:
    expect.job(world, prompt).gone()


@then("the job {string} took {duration}")
def took(world: World, prompt: str, duration: timedelta) -> None:
    expect.job(world, prompt).took(duration)


@then("exactly one picture of {string} is kept")
def one_picture_kept(world: World, prompt: str) -> None:
    expect.job(world, prompt).has_one_picture()


@then("the picture of the job {string} is {keeping}")
def picture_is(world: World, prompt: str, keeping: str) -> None:
    expect.job(world, prompt).picture_is(keeping)


@then("its picture can be fetched, and measures {sides}")
def picture_measures(world: World, sides: Sides) -> None:
    expect.job(world).picture_measures(sides)


@then("it is the picture that {string} makes without a job")
def same_without_job(world: World, prompt: str) -> None:
    expect.job(world, prompt).is_what_waiting_gives()


@then("it is the job's picture, and no other")
def is_shown(world: World) -> None:
    expect.job(world).is_shown()


@then("nothing of its picture is left")
def nothing_left(world: World) -> None:
    expect.job(world).left_nothing()


@then("it tells every setting that was asked for")
def tells_settings(world: World) -> None:
    expect.job(world).tells_what_was_asked()


@then("it tells its two pictures with the seeds {int} and {int}")
def tells_pictures(world: World, first: int, second: int) -> None:
    expect.job(world).tells_pictures(first, second)


@then("it tells when it was asked for, begun and done, in this order")
def tells_moments(world: World) -> None:
    expect.job(world).tells_its_moments()


@then("it was attempted {times}")
def attempted(world: World, times: int) -> None:
    expect.job(world).attempted(times)


@then("the backend paints it no more")
def painted_no_more(world: World) -> None:
    expect.job(world).is_painted_no_more()


@then("the jobs were painted in this order")
def painted_in_order(world: World, table: list[Named]) -> None:
    expect.jobs(world).painted_in_order([row.job for row in table])


@then("{string} is listed before {string}")
def listed_before(world: World, first: str, second: str) -> None:
    expect.jobs(world).listed_before(first, second)


@then("only {string} is listed")
def only_listed(world: World, prompt: str) -> None:
    expect.jobs(world).only(prompt)


@then("there are {number} pages, and every job is on one of them")
def on_pages(world: World, count: int) -> None:
    expect.jobs(world).on_pages(count)


@then("each of them ends with its own picture, none lost, none mixed up")
def none_lost(world: World) -> None:
    expect.jobs(world).none_lost_or_mixed()


@then("every one of them is done")
def all_done(world: World) -> None:
    expect.jobs(world).all_done()


@then("its memory has grown by at most {percent}")
def memory_grew(world: World, share: Percent) -> None:
    expect.jobs(world).memory_grew_by_at_most(share)


@then("the studio knows no job for {string}")
def knows_none(world: World, prompt: str) -> None:
    expect.jobs(world).none_for(prompt)


@then("nothing was kept for the one who hung up")
def nothing_kept(world: World) -> None:
    expect.jobs(world).nothing_kept_of_who_hung_up()


@then("the recipe {string} tells the settings of the job {string}")
def recipe_of_job(world: World, name: str, prompt: str) -> None:
    expect.job(world, prompt).is_told_by_the_recipe(name)
