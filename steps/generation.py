"""Sentences about making pictures, waiting for each."""

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


@given("{int} pictures of {string} were made with seed {int}")
def several_were_made(world: World, count: int, prompt: str, seed: int) -> None:
    world.generation.have(prompt, seed, num_images=count)


@given("a picture of {string} was made as {kind} with quality {int}")
def was_made_as(world: World, prompt: str, kind: str, quality: int) -> None:
    world.generation.have(prompt, 42, output_format=kind, output_quality=quality)


@given("a picture was made as {kind} with")
def was_made_with(world: World, kind: str, table: dict[str, str]) -> None:
    world.generation.have_with(kind, table)


@given("a picture of {string} at {sides} could not be made")
def could_not_be_made(world: World, prompt: str, sides: Sides) -> None:
    world.generation.have_failed(prompt, sides)


@given("a picture of {string} was made with the LoRA {string} at {float}")
def was_made_with_lora(world: World, prompt: str, name: str, scale: float) -> None:
    world.generation.make_with_lora(prompt, name, scale)


@given("it was made again with the LoRA {string} at {float}")
def was_made_again_with_lora(world: World, name: str, scale: float) -> None:
    world.generation.again_with_lora(name, scale)


@given("eight pictures were made one after the other")
def eight_were_made(world: World) -> None:
    world.generation.make_eight()


@given("the backend has memory for {sides}")
def has_memory_for(world: World, sides: Sides) -> None:
    world.generation.have_memory_for(sides)


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


@when("a picture of {string} is made as {kind}")
def is_made_as(world: World, prompt: str, kind: str) -> None:
    world.generation.make(prompt, output_format=kind)


@when("a picture of {string} is made as {kind} with quality {int}")
def is_made_as_with_quality(world: World, prompt: str, kind: str, quality: int) -> None:
    world.generation.make(prompt, seed=42, output_format=kind, output_quality=quality)


@when("it is made again with {word} as {string}")
def is_made_again_with(world: World, field: str, value: str) -> None:
    world.generation.again_with(field, value)


@when("it is made again without its colour, at a true guidance of {int}")
def is_made_again_without_colour(world: World, true_guidance: int) -> None:
    world.generation.again_without_its_colour(true_guidance)


@when("it is made again with the LoRA {string} at {float}")
def is_made_again_with_lora(world: World, name: str, scale: float) -> None:
    world.generation.again_with_lora(name, scale)


@when("it is made again without any LoRA")
def is_made_again_without_lora(world: World) -> None:
    world.generation.again(loras=[])


@when("a picture of {string} is asked for with the LoRA {string} at {float}")
def is_asked_for_with_lora(world: World, prompt: str, name: str, scale: float) -> None:
    world.generation.make_with_lora(prompt, name, scale)


@when("a picture of {string} is asked for with {int} LoRAs")
def is_asked_for_with_loras(world: World, prompt: str, count: int) -> None:
    world.generation.make_with_loras(prompt, count)


@when("a picture is asked for with {word} {amount}")
def is_asked_for_with(world: World, field: str, value: float) -> None:
    world.generation.make("a red circle", **{field: value})


@when("a picture is asked for with {oddity}")
def is_asked_for_oddly(world: World, oddity: str) -> None:
    world.generation.make_oddly(oddity)


@when("a picture is asked for with a prompt of {int} letters")
def is_asked_for_with_letters(world: World, length: int) -> None:
    world.generation.make("a" * length)


@when("a picture is asked for with the scheduler {string}")
def is_asked_for_with_scheduler(world: World, scheduler: str) -> None:
    world.generation.make("a red circle", scheduler=scheduler)


@when("a picture is asked for with the checkpoint {string}")
def is_asked_for_with_checkpoint(world: World, checkpoint: str) -> None:
    world.generation.make("a red circle", checkpoint=checkpoint)


@when("a picture of {string} is asked for, and every wait passes")
def is_asked_for_through_waits(world: World, prompt: str) -> None:
    world.generation.make_through_waits(prompt)


@when("eight clients ask for the same pictures at once")
def eight_at_once(world: World) -> None:
    world.generation.make_eight_at_once()


@when("the {place} picture is analysed")
def analyse_one(world: World, place: int) -> None:
    world.generation.analyse(place)


@then("the picture measures {sides}")
def measures(world: World, sides: Sides) -> None:
    expect.pictures(world).measure(sides)


@then("both pictures are the same, byte for byte")
def both_same(world: World) -> None:
    expect.pictures(world).same_as_before()


@then("both pictures look the same")
def both_look_the_same(world: World) -> None:
    expect.pictures(world).look_as_before()


@then("it is the very first picture, byte for byte")
def very_first(world: World) -> None:
    expect.pictures(world).be_the_very_first()


@then("the two pictures differ")
def two_differ(world: World) -> None:
    expect.pictures(world).differ_from_before()


@then("{word} has made it another picture, or it is told why not")
def changed_by(world: World, field: str) -> None:
    expect.pictures(world).change_by(field)


@then("the picture shows {colour}")
def shows(world: World, colour: str) -> None:
    expect.pictures(world).show(colour)


@then("the picture shows a {shape}")
def shows_shape(world: World, shape: str) -> None:
    expect.pictures(world).show_shape(shape)


@then("its colour is another one")
def another_colour(world: World) -> None:
    expect.pictures(world).show_another_colour()


@then("there are {int} different pictures")
def different_pictures(world: World, count: int) -> None:
    expect.pictures(world).are_different(count)


@then("the second one equals a single picture with seed {int}")
def second_equals(world: World, seed: int) -> None:
    expect.pictures(world).second_equals_single(seed)


@then("each gets its own picture, byte for byte")
def each_the_own(world: World) -> None:
    expect.pictures(world).each_the_own()


@then("the picture is a {kind} file")
def is_file(world: World, kind: str) -> None:
    expect.pictures(world).are_files(kind)


@then("the picture is a smaller file than before")
def smaller_file(world: World) -> None:
    expect.pictures(world).are_smaller_files()


@then("it is told that {word} had no effect")
def had_no_effect(world: World, field: str) -> None:
    expect.pictures(world).had_no_effect(field)


@then("it is told that {word} had an effect")
def had_an_effect(world: World, field: str) -> None:
    expect.pictures(world).had_an_effect(field)


@then("it is warned that they were {string}")
def warned(world: World, what: str) -> None:
    expect.pictures(world).warn(what)


@then("there is no picture")
def no_picture(world: World) -> None:
    expect.pictures(world).are_none()


@then("the studio cannot do it now, because {string}")
def cannot_now(world: World, why: str) -> None:
    expect.pictures(world).cannot_be_made_now(why)


@then("it is turned down until later, because {string}")
def put_off(world: World, why: str) -> None:
    expect.pictures(world).put_off(why)


@then("it is refused, and every checkpoint that there is is named")
def names_checkpoints(world: World) -> None:
    expect.pictures(world).name_every_checkpoint()
