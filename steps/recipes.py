"""Sentences about recipes: pictures with the settings that made them."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("a picture made by Automatic1111 with")
def picture_with(world: World, table: dict[str, str]) -> None:
    world.recipes.picture_with(table)


@given("a picture made by Automatic1111 with the prompt")
def picture_with_prompt(world: World, text: str) -> None:
    world.recipes.picture_with({"prompt": text})


@given("a picture without settings")
def plain_picture(world: World) -> None:
    world.recipes.plain_picture()


@given("{no_picture} instead of a picture")
def not_a_picture(world: World, what: str) -> None:
    world.recipes.no_picture(what)


@given("the recipe {string} is saved")
def recipe_is_saved(world: World, name: str) -> None:
    world.recipes.save_with_prompt(name, "a lighthouse in the fog <lora:neon-city:0.8>")


@given("the recipe {string} is saved with the prompt {string}")
def recipe_is_saved_with(world: World, name: str, prompt: str) -> None:
    world.recipes.save_with_prompt(name, prompt)


@given("the recipe {string} is deleted")
def recipe_is_deleted(world: World, name: str) -> None:
    world.recipes.delete(name)


@when("the picture is analysed")
def analyse(world: World) -> None:
    world.recipes.analyse()


@when("it is saved as the recipe {string}")
def save(world: World, name: str) -> None:
    world.recipes.save(name)


@when("recipes are searched for {string}")
def search(world: World, words: str) -> None:
    world.recipes.search(words)


@then("these settings are read")
def settings_are_read(world: World, table: dict[str, str]) -> None:
    expect.settings_read(world).are(table)


@then("the LoRA {string} is read with strength {float}")
def lora_is_read(world: World, name: str, strength: float) -> None:
    expect.settings_read(world).name_the_lora(name, strength)


@then("the prompt is read word for word")
def prompt_word_for_word(world: World) -> None:
    expect.settings_read(world).are({"prompt": world.recipes.prompt})


@then("the prompt is read as {string}")
def prompt_is(world: World, prompt: str) -> None:
    expect.settings_read(world).are({"prompt": prompt})


@then("the seed is read as {int}")
def seed_is(world: World, seed: int) -> None:
    expect.settings_read(world).are({"seed": str(seed)})


@then("it is told that the picture holds no settings")
def no_settings(world: World) -> None:
    expect.settings_read(world).are_none()


@then("no recipe was saved")
def none_saved(world: World) -> None:
    expect.recipe(world).none_saved()


@then("the recipe {string} holds every setting of the picture")
def holds_settings(world: World, name: str) -> None:
    expect.recipe(world, name).holds_every_setting()


@then("its picture is the same, byte for byte")
def same_picture(world: World) -> None:
    expect.recipe(world).picture_is_the_same()


@then("{string} is found")
def is_found(world: World, name: str) -> None:
    expect.recipe(world, name).found()


@then("{string} is not found")
def is_not_found(world: World, name: str) -> None:
    expect.recipe(world, name).not_found()


@then("the recipe {string} is gone")
def is_gone(world: World, name: str) -> None:
    expect.recipe(world, name).gone()


@then("nothing of it is left on the disk")
def nothing_on_disk(world: World) -> None:
    expect.recipe(world).left_nothing_on_disk()
