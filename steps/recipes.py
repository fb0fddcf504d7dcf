"""Sentences about recipes: pictures with the settings that made them, read and kept."""

import support.recipe_words  # noqa: F401  # makes its words usable in patterns
from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World

# Pictures


@given("a picture made by {program} with")
def picture_with(world: World, program: str, table: dict[str, str]) -> None:
    world.recipes.pictures.by(program, "PNG", table)


@given("a picture made by {program} as {container} with")
def picture_as_with(world: World, program: str, container: str, table: dict[str, str]) -> None:
    world.recipes.pictures.by(program, container, table)


@given("a picture made by Automatic1111 with the prompt")
def picture_with_prompt(world: World, text: str) -> None:
    world.recipes.picture_with({"prompt": text})


@given("a picture made by {program} as {container} with the LoRAs {string}")
def picture_with_loras(world: World, program: str, container: str, loras: str) -> None:
    world.recipes.pictures.with_loras(program, container, loras)


@given("a picture made by {program} as {container} in {encoding} with the prompt {string}")
def picture_in_encoding(world: World, program: str, container: str, encoding: str, prompt: str) -> None:
    world.recipes.pictures.in_encoding(program, container, encoding, prompt)


@given("a picture made by {program} whose prompt holds {prompt_oddity}")
def odd_prompt(world: World, program: str, prompt: str) -> None:
    world.recipes.pictures.with_odd_prompt(program, prompt)


@given("a picture into which {program} and then {program} have written")
def picture_by_two(world: World, first: str, second: str) -> None:
    world.recipes.pictures.by_two(first, second)


@given("a picture whose text notes the LoRA {string} as {lora_note}")
def picture_noting(world: World, lora: str, how: str) -> None:
    world.recipes.pictures.noting_a_lora(lora, how)


@given("a picture by a ComfyUI graph in which {graph_oddity}, with")
def picture_by_graph(world: World, how: str, table: dict[str, str]) -> None:
    world.recipes.pictures.by_graph(how, table)


@given("a picture made by {program} is on offer in the net")
def picture_in_the_net(world: World, program: str) -> None:
    world.recipes.pictures.offer(program)


@given("a picture with the LoRAs {string}")
def picture_of_loras(world: World, loras: str) -> None:
    world.recipes.hold_with_loras(loras)


@given("a picture without settings")
def plain_picture(world: World) -> None:
    world.recipes.plain_picture()


@given("{no_picture} instead of a picture")
def not_a_picture(world: World, what: str) -> None:
    world.recipes.no_picture(what)


# Recipes that are there


@given("the recipe {string} is saved")
def recipe_is_saved(world: World, name: str) -> None:
    world.recipes.save_usual(name)


@given("the recipe {string} is saved with the prompt {string}")
def recipe_is_saved_with(world: World, name: str, prompt: str) -> None:
    world.recipes.save_with_prompt(name, prompt)


@given("the recipe {string} is saved with the LoRAs {string}")
def recipe_is_saved_with_loras(world: World, name: str, loras: str) -> None:
    world.recipes.save_with_loras(name, loras)


@given("the recipe {string} is saved with the LoRAs {string} and the prompt {string}")
def recipe_is_saved_with_both(world: World, name: str, loras: str, prompt: str) -> None:
    world.recipes.save_with_loras(name, loras, prompt)


@given("the mature recipe {string} is saved")
def mature_recipe_is_saved(world: World, name: str) -> None:
    world.recipes.save_mature(name)


@given("it is kept as the recipe {string}")
def is_kept_as(world: World, name: str) -> None:
    world.recipes.must_save(name)


@given("only its prompt was noted in the recipe {string}")
def only_the_prompt(world: World, name: str) -> None:
    world.recipes.loras.note_prompt_alone(name)


# What happens


@when("the picture is analysed")
def analyse(world: World) -> None:
    world.recipes.analyse()


@when("both pictures are analysed")
def analyse_both(world: World) -> None:
    world.recipes.pictures.analyse_both()


@when("the picture at that address is analysed")
def analyse_there(world: World) -> None:
    world.recipes.pictures.analyse_there()


@when("{forbidden_place} is to be analysed")
def analyse_forbidden(world: World, what: str) -> None:
    world.recipes.pictures.analyse_forbidden(what)


@when("it is saved as the recipe {string}")
def save(world: World, name: str) -> None:
    world.recipes.save(name)


@when("it is saved as the recipe {string} with")
def save_with(world: World, name: str, table: dict[str, str]) -> None:
    world.recipes.save_with(name, table)


@when("it is saved as the recipe {string}, and looked for at once by {string}")
def save_and_search(world: World, name: str, words: str) -> None:
    world.recipes.lists.save_and_search(name, words)


@when("it is pasted as the recipe {string}")
def paste(world: World, name: str) -> None:
    world.recipes.paste(name)


@when("it is saved with {impossible}")
def save_badly(world: World, what: str) -> None:
    world.recipes.save_badly(what)


@when("the recipe {string} is saved meanwhile")
def save_meanwhile(world: World, name: str) -> None:
    world.recipes.interruptions.save_meanwhile(name)


@when("a picture of {size} is saved as the recipe {string}")
def save_large(world: World, size: Bytes, name: str) -> None:
    world.recipes.interruptions.save_large(name, size)


@when("the picture of {string} is fetched with its longer side {int} pixels")
def fetch_small(world: World, name: str, side: int) -> None:
    world.recipes.pictures.fetch_small(name, side)


# What is read


@then("these settings are read")
def settings_are_read(world: World, table: dict[str, str]) -> None:
    expect.settings_read(world).are(table)


@then("every one of these settings is read")
def every_setting_is_read(world: World) -> None:
    expect.settings_read(world).are_all(world.recipes.in_hand)


@then("the LoRA {string} is read with strength {float}")
def lora_is_read(world: World, name: str, strength: float) -> None:
    expect.settings_read(world).name_the_lora(name, strength)


@then("exactly the LoRAs {string} are read")
def loras_are_read(world: World, loras: str) -> None:
    expect.settings_read(world).name_exactly(loras)


@then("the LoRA is known by {lora_known_by}")
def lora_is_known_by(world: World, what: str) -> None:
    expect.settings_read(world).know_the_lora_by(what)


@then("the prompt is read word for word")
def prompt_word_for_word(world: World) -> None:
    expect.settings_read(world).are({"prompt": world.recipes.in_hand.settings["prompt"]})


@then("the prompt is read as {string}")
def prompt_is(world: World, prompt: str) -> None:
    expect.settings_read(world).are({"prompt": prompt})


@then("the seed is read as {int}")
def seed_is(world: World, seed: int) -> None:
    expect.settings_read(world).are({"seed": str(seed)})


@then("it is told that the picture was made by {program}")
def is_made_by(world: World, program: str) -> None:
    expect.settings_read(world).made_by(program)


@then("it is told that the picture holds no settings")
def no_settings(world: World) -> None:
    expect.settings_read(world).are_none()


@then("the same is read from both")
def same_from_both(world: World) -> None:
    expect.settings_read(world).alike_in_both()


@then("the settings that are read are those of one program, every one of them")
def of_one_program(world: World) -> None:
    expect.settings_read(world).of_one_program()


@then("nothing of the studio's disk is told")
def nothing_of_the_disk(world: World) -> None:
    expect.exchange(world).told_nothing_of_the_disk()
