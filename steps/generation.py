"""Sentences about making pictures."""

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Sides
from support.world import World


@given("a picture of {string} was made with seed {int}")
def was_made(world: World, prompt: str, seed: int) -> None:
    world.generation.have(prompt, seed)


@given("a picture of {string} was made without a seed")
def was_made_without_seed(world: World, prompt: str) -> None:
    world.generation.have(prompt, None)


@when("a picture of {string} is made at {sides}")
def is_made_at(world: World, prompt: str, sides: Sides) -> None:
    world.generation.make(prompt, width=sides.width, height=sides.height)


@when("a picture of {string} is made with seed {int}")
def is_made_with_seed(world: World, prompt: str, seed: int) -> None:
    world.generation.make(prompt, seed=seed)


@when("a picture of {string} is made with the seed that was told")
def is_made_with_told_seed(world: World, prompt: str) -> None:
    world.generation.make_with_the_seed_told(prompt)


@when("{int} pictures of {string} are made with seed {int}")
def several_are_made(world: World, count: int, prompt: str, seed: int) -> None:
    world.generation.make(prompt, seed=seed, num_images=count)


@when("a picture is asked for with {word} {int}")
def is_asked_for_with(world: World, field: str, value: int) -> None:
    world.generation.make("a red circle", **{field: value})


@then("the picture measures {sides}")
def measures(world: World, sides: Sides) -> None:
    expect.pictures(world).measure(sides)


@then("both pictures are the same, byte for byte")
def both_same(world: World) -> None:
    expect.pictures(world).same_as_before()


@then("the two pictures differ")
def two_differ(world: World) -> None:
    expect.pictures(world).differ_from_before()


@then("the picture shows {colour}")
def shows(world: World, colour: str) -> None:
    expect.pictures(world).show(colour)


@then("there are {int} different pictures")
def different_pictures(world: World, count: int) -> None:
    expect.pictures(world).are_different(count)


@then("the second one equals a single picture with seed {int}")
def second_equals(world: World, seed: int) -> None:
    expect.pictures(world).second_equals_single(seed)
