"""Sentences about reference pictures, which a picture shall follow."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("a reference picture of a {shape} in {colour}")
def reference(world: World, shape: str, colour: str) -> None:
    world.references.have(colour, shape)


@given("a web page stands where the reference should be")
def web_page(world: World) -> None:
    world.references.offer_a_web_page()


@given("{string} was asked for with the reference")
def was_asked_for(world: World, prompt: str) -> None:
    world.references.have_asked(prompt)


@given("a job for {string} with the reference has completed")
def job_has_completed(world: World, prompt: str) -> None:
    world.references.complete_job(prompt)


@when("{string} is asked for with the reference")
def ask(world: World, prompt: str) -> None:
    world.references.ask(prompt)


@when("{string} is asked for with the reference {way}")
def ask_by(world: World, prompt: str, way: str) -> None:
    world.references.ask_by(prompt, way)


@when("{string} is asked for with the reference twice, as a file and by its address")
def ask_twice(world: World, prompt: str) -> None:
    world.references.ask_twice(prompt)


@when("{string} is asked for with the character's reference picture")
def ask_with_character(world: World, prompt: str) -> None:
    world.references.ask_with_the_character(prompt)


@when("{string} is asked for with {no_reference} as its reference")
def ask_with(world: World, prompt: str, mischief: str) -> None:
    world.references.ask_with(prompt, mischief)


@when("{string} is asked for with a reference at {string}")
def ask_at(world: World, prompt: str, address: str) -> None:
    world.references.ask_at(prompt, address)


@then("the {shape} is where it was")
def in_place(world: World, shape: str) -> None:
    expect.pictures(world).show_in_place(shape)


@then("nobody asked for the reference")
def never_asked(world: World) -> None:
    expect.pictures(world).never_looked_up_the_reference()
