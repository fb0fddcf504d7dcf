"""Sentences about what becomes of recipes: changed, moved, deleted, taken back, tied to LoRAs."""

from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.world import World

# Changing


@given("the {of_recipe} of {string} was changed to {string}")
def was_changed(world: World, what: str, name: str, to: str) -> None:
    world.recipes.changes.must_change(name, what, to)


@given("two editors have opened {string}")
def two_editors(world: World, name: str) -> None:
    world.recipes.changes.open_by_two(name)


@given("the first editor has changed its {of_recipe} to {string}")
def first_has_changed(world: World, what: str, to: str) -> None:
    world.recipes.changes.must_edit("first", what, to)


@when("the {of_recipe} of {string} is changed to {string}")
def change(world: World, what: str, name: str, to: str) -> None:
    world.recipes.changes.change(name, what, to)


@when("the {of_recipe} of {string} is to be changed to {string}")
def try_to_change(world: World, what: str, name: str, to: str) -> None:
    world.recipes.changes.change(name, what, to)


@when("the second editor changes its {of_recipe} to {string}")
def second_changes(world: World, what: str, to: str) -> None:
    world.recipes.changes.edit("second", what, to)


@when("the second editor looks again, and changes its {of_recipe} to {string}")
def second_looks_again(world: World, what: str, to: str) -> None:
    world.recipes.changes.look_again_and_edit("second", what, to)


@when("ten editors who have seen the same change the prompt of {string} at once")
def ten_editors(world: World, name: str) -> None:
    world.recipes.changes.change_by_many(name)


@when("somebody who does not say what they have seen changes the {of_recipe} of {string} to {string}")
def change_unseen(world: World, what: str, name: str, to: str) -> None:
    world.recipes.changes.change_unseen(name, what, to)


@then("the {of_recipe} of {string} is {string}, wherever it is told")
def tells(world: World, what: str, name: str, value: str) -> None:
    expect.recipe(world, name).tells(what, value)


@then("one of them succeeds, and nine are told")
def one_succeeds(world: World) -> None:
    expect.exchange(world).one_editor_succeeds(told=9)


@then("the prompt of {string} is the one of whoever succeeded, wherever it is told")
def winners_prompt(world: World, name: str) -> None:
    expect.exchange(world).prompt_is_the_winners(name)


# Moving


@when("{string} and {string} are moved to the folder {string}")
def move_both(world: World, one: str, other: str, folder: str) -> None:
    world.recipes.changes.move_both(one, other, folder)


@when("{string} is to be moved to the folder {string}")
def try_to_move(world: World, name: str, folder: str) -> None:
    world.recipes.changes.try_to_move(name, folder)


@when("{string} is to be moved together with a recipe that never was")
def move_with_nobody(world: World, name: str) -> None:
    world.recipes.changes.move_with_nobody(name)


@then("the folder {string} holds {string} and {string}")
def folder_holds(world: World, folder: str, one: str, other: str) -> None:
    expect.recipes(world).in_folder(folder, [one, other])


# Deleting


@given("the recipe {string} is deleted")
def is_deleted(world: World, name: str) -> None:
    world.recipes.changes.must_delete(name)


@given("the recipe {string} was deleted, and the time to take it back has passed")
def was_deleted(world: World, name: str) -> None:
    world.recipes.changes.delete_for_good(name)


@given("one of them was deleted, and the time to take it back has passed")
def one_was_deleted(world: World) -> None:
    world.recipes.changes.delete_one_for_good()


@given("that recipe was deleted, and the time to take it back has passed")
def that_was_deleted(world: World) -> None:
    world.recipes.changes.delete_one_for_good()


@given("{string} and {string} were deleted together")
def were_deleted(world: World, one: str, other: str) -> None:
    world.recipes.changes.must_delete_both(one, other)


@given("the recipes were brought back")
def was_taken_back(world: World) -> None:
    world.recipes.changes.must_undo()


@given("{duration} have/has passed")
def have_passed(world: World, duration: timedelta) -> None:
    world.clock.advance(duration)


@when("the recipe {string} is deleted")
def delete(world: World, name: str) -> None:
    world.recipes.changes.delete(name)


@when("{string} is to be deleted together with a recipe that never was")
def delete_with_nobody(world: World, name: str) -> None:
    world.recipes.changes.delete_with_nobody(name)


@when("the recipes are brought back")
def take_back(world: World) -> None:
    world.recipes.changes.undo()


@when("the studio is restarted after {duration}")
def restart_after(world: World, duration: timedelta) -> None:
    world.recipes.changes.restart_after(duration)


@when("there is {event}")
def have_happen(world: World, event: str) -> None:
    world.recipes.changes.have_happen(event)


@when("a recipe that never was is {done_to_nobody}")
def try_with_nobody(world: World, done: str) -> None:
    world.recipes.changes.try_with_nobody(done)


@when("a deletion that never was is taken back")
def undo_nothing(world: World) -> None:
    world.recipes.changes.undo_nothing()


@then("the recipe {string} is gone")
def is_gone(world: World, name: str) -> None:
    expect.recipe(world, name).gone()


@then("the recipe of the first picture is gone")
def first_is_gone(world: World) -> None:
    expect.recipe(world).gone()


@then("nothing of it is left on the disk")
def nothing_on_disk(world: World) -> None:
    expect.recipe(world).left_nothing_on_disk()


@then("it is told that it can be taken back for {int} seconds")
def can_be_taken_back(world: World, seconds: int) -> None:
    expect.exchange(world).can_be_taken_back_for(seconds)


@then("{int} recipes are told to be back")
def told_back(world: World, count: int) -> None:
    expect.exchange(world).told_back(count)


# LoRAs


@given("a picture that names {string} by {lora_designation}, and {string}, which nobody has")
def picture_naming(world: World, name: str, form: str, missing: str) -> None:
    world.recipes.loras.hold_picture_naming(name, form, missing)


@given("the recipe {string} is saved with the LoRA {string} by a hash that nobody knows")
def saved_with_unknown_hash(world: World, recipe: str, name: str) -> None:
    world.recipes.loras.save_with_unknown_hash(recipe, name)


@given("the recipe {string} is saved with that checkpoint")
def saved_with_checkpoint(world: World, recipe: str) -> None:
    world.recipes.loras.save_with_checkpoint(recipe)


@given("the model {string} got the name {string}")
def model_got_name(world: World, file: str, name: str) -> None:
    world.recipes.loras.must_rename(file, name)


@given("two different models {string} are in the library")
def two_models(world: World, name: str) -> None:
    world.recipes.loras.two_files(name)


@given("somebody has removed the picture of {string} from the disk")
def picture_removed(world: World, recipe: str) -> None:
    world.recipes.loras.remove_picture(recipe)


@when("{string} {arrival}")
def arrive(world: World, name: str, how: str) -> None:
    world.recipes.loras.arrive(name, how)


@when("the model {string} gets the name {string}")
def model_gets_name(world: World, file: str, name: str) -> None:
    world.recipes.loras.rename(file, name)


@when("the {lora_position} LoRA of {string} is reconnected to {string}")
def reconnect(world: World, position: int, recipe: str, target: str) -> None:
    world.recipes.loras.reconnect(recipe, position, target)


@when("{guess} of {string} is reconnected")
def reconnect_by_guess(world: World, what: str, recipe: str) -> None:
    world.recipes.loras.reconnect_by_guess(recipe, what)


@when("all recipes are matched with the library")
def rematch(world: World) -> None:
    world.recipes.loras.rematch()


@when("all recipes are repaired")
def repair(world: World) -> None:
    world.recipes.loras.repair()


@then("the LoRA {string} of {string} is there, as {string}")
def lora_is_there(world: World, lora: str, recipe: str, file: str) -> None:
    expect.recipe(world, recipe).has_lora(lora, file)


@then("the LoRA {string} of {string} is missing")
def lora_is_missing(world: World, lora: str, recipe: str) -> None:
    expect.recipe(world, recipe).has_lora(lora, None)


@then("the checkpoint of {string} is there, and is {string}")
def checkpoint_is(world: World, recipe: str, name: str) -> None:
    expect.recipe(world, recipe).has_checkpoint(name)


@then("the recipe {string} exists once, with the LoRAs {string}")
def exists_once(world: World, recipe: str, loras: str) -> None:
    expect.recipe(world, recipe).exists_once_with(loras)


@then("the first LoRA of {string} is the file in {string}")
def first_lora_in(world: World, recipe: str, folder: str) -> None:
    expect.recipe(world, recipe).has_first_lora_in(folder)


@then("it is told that {string} has changed, and that {string} of {string} was not matched")
def matched(world: World, changed: str, lora: str, recipe: str) -> None:
    expect.exchange(world).matched(changed, lora, recipe)


@then("it is told that {string} was repaired, and {string} left as it was")
def repaired(world: World, done: str, left: str) -> None:
    expect.exchange(world).repaired([done], left, [])


@then("it is told that {string} could not be repaired, and {string} left as it was")
def not_repaired(world: World, failed: str, left: str) -> None:
    expect.exchange(world).repaired([], left, [failed])
