"""Sentences about characters and their reference pictures."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("reference pictures were made of {string}")
def were_made(world: World, description: str) -> None:
    world.characters.have(description)


@given("reference pictures were made of {string} with seed {int}")
def were_made_with_seed(world: World, description: str, seed: int) -> None:
    world.characters.have(description, seed=seed)


@when("reference pictures are made of {string}")
def are_made(world: World, description: str) -> None:
    world.characters.make(description)


@when("reference pictures are made of {string} with seed {int}")
def are_made_with_seed(world: World, description: str, seed: int) -> None:
    world.characters.make(description, seed=seed)


@when("{int} reference pictures are made of {string}")
def so_many_are_made(world: World, count: int, description: str) -> None:
    world.characters.make(description, num_images=count)


@when("{float} reference pictures are asked for of {string}")
def so_many_are_asked_for(world: World, count: float, description: str) -> None:
    world.characters.make(description, num_images=count)


@when("the reference picture {string} is fetched")
def fetch(world: World, image_id: str) -> None:
    world.characters.fetch(image_id)


@then("there are {int} reference pictures")
def so_many(world: World, count: int) -> None:
    expect.characters(world).count(count)


@then("each of them can be fetched and is a picture")
def each_fetched(world: World) -> None:
    expect.characters(world).fetched()


@then("no two of them are the same")
def all_differ(world: World) -> None:
    expect.characters(world).differ()


@then("they are the same as before")
def same_as_before(world: World) -> None:
    expect.characters(world).same_as_before()
