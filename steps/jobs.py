"""Sentences about generation jobs: asked for, looked up, shown, deleted."""

from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Percent, Sides
from support.world import World


@given("a studio of its own process has done {int} jobs")
def has_done(world: World, count: int) -> None:
    world.many_jobs.have_done(count)


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


@when("it does {int} jobs more")
def do_more(world: World, count: int) -> None:
    world.many_jobs.do(count)


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


@then("the job {string} fails because {string}")
def fails_because(world: World, prompt: str, why: str) -> None:
    expect.job(world, prompt).failed(why)


@then("the job {string} is listed as {end}")
def is_listed_as(world: World, prompt: str, end: str) -> None:
    expect.job(world, prompt).listed_as(end)


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


@then("the picture of {string} shows {colour}")
def picture_shows(world: World, prompt: str, colour: str) -> None:
    expect.job(world, prompt).shows(colour)


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


@then("{string} is listed before {string}")
def listed_before(world: World, first: str, second: str) -> None:
    expect.jobs(world).listed_before(first, second)


@then("only {string} is listed")
def only_listed(world: World, prompt: str) -> None:
    expect.jobs(world).only(prompt)


@then("there are {number} pages, and every job is on one of them")
def on_pages(world: World, count: int) -> None:
    expect.jobs(world).on_pages(count)


@then("every one of them is done")
def all_done(world: World) -> None:
    expect.jobs(world).all_done()


@then("its memory has grown by at most {percent}")
def memory_grew(world: World, share: Percent) -> None:
    expect.jobs(world).memory_grew_by_at_most(share)


@then("the recipe {string} tells the settings of the job {string}")
def recipe_of_job(world: World, name: str, prompt: str) -> None:
    expect.job(world, prompt).is_told_by_the_recipe(name)
