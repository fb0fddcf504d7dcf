"""Sentences about what is kept of recipes, and what has not changed."""

from support import expect
from support.bdd import then
from support.world import World

# What is kept


@then("no recipe was saved")
def none_saved(world: World) -> None:
    expect.recipes(world).none_saved()


@then("the recipe {string} holds every setting of the picture")
def holds_settings(world: World, name: str) -> None:
    expect.recipe(world, name).holds_every_setting()


@then("the recipe {string} holds the LoRA {string} with strength {float}")
def holds_lora(world: World, name: str, lora: str, strength: float) -> None:
    expect.recipe(world, name).holds_the_lora(lora, strength)


@then("the recipe {string} tells just that")
def tells_what_was_given(world: World, name: str) -> None:
    expect.recipe(world, name).tells_what_was_given()


@then("its picture is the same, pixel for pixel")
def same_picture(world: World) -> None:
    expect.recipe(world).picture_is_the_same()


@then("the picture itself tells the recipe {string}")
def picture_tells(world: World, name: str) -> None:
    expect.recipe(world, name).is_told_by_its_picture()


@then("the picture itself tells the recipe {string}, whatever it is called now")
def picture_tells_it_as_it_is(world: World, name: str) -> None:
    expect.recipe(world, name).is_told_by_its_picture()


@then("the picture still tells what {program} wrote")
def picture_still_tells(world: World, program: str) -> None:
    expect.recipe(world).picture_still_tells_the_rest()


@then("the small picture's longer side has {int} pixels")
def small_picture_has(world: World, side: int) -> None:
    expect.recipe(world).small_picture_has_side(side)


@then("the small picture tells the recipe {string}")
def small_picture_tells(world: World, name: str) -> None:
    expect.recipe(world, name).is_told_by_the_small_picture()


@then("the small picture still tells what {program} wrote")
def small_picture_still_tells(world: World, program: str) -> None:
    expect.recipe(world).picture_still_tells_the_rest(small=True)


@then("{string} was never saved")
def never_saved(world: World, name: str) -> None:
    expect.recipe(world, name).never_saved()


@then("it is not kept because {string}")
def not_kept(world: World, why: str) -> None:
    expect.exchange(world).not_kept_because(why)


# What has not changed


@then("no recipe has changed")
def none_changed(world: World) -> None:
    expect.recipes(world).unchanged()


@then("no recipe has changed, and one is new")
def none_changed_one_new(world: World) -> None:
    expect.recipes(world).unchanged(new=1)


@then("no other recipe has changed")
def no_other_changed(world: World) -> None:
    expect.recipes(world).others_unchanged()


@then("nothing else of {string} has changed")
def nothing_else_of(world: World, name: str) -> None:
    expect.recipe(world, name).changed_nothing_else()


@then("nothing on the disk has changed")
def disk_unchanged(world: World) -> None:
    expect.recipes(world).disk_unchanged()


@then("every picture on the disk belongs to a recipe")
def every_file_belongs(world: World) -> None:
    expect.recipes(world).every_file_belongs()
