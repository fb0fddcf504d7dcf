"""Sentences about changes of the library: deleting and taking back, renaming, moving, leaving out, surviving."""

from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@given("{string} was deleted")
def was_deleted(world: World, name: str) -> None:
    world.library.changes.must_delete(name)


@given("{string} and {string} were deleted with one wish")
def were_deleted(world: World, one: str, other: str) -> None:
    world.library.changes.must_delete_all([one, other])


@given("the deletion was taken back")
def was_taken_back(world: World) -> None:
    world.library.changes.must_undo()


@given("another model was put where {string} was")
def occupied(world: World, name: str) -> None:
    world.library.changes.occupy(name)


@given("another model, put where {string} was, has kept it from being taken back")
def has_kept_it(world: World, name: str) -> None:
    world.library.changes.occupy_and_fail_to_undo(name)


@given("that other model was taken away")
def taken_away(world: World) -> None:
    world.library.changes.make_room()


@given("{string} was renamed to {string}")
def was_renamed(world: World, name: str, to: str) -> None:
    world.library.changes.must_rename(name, to)


@given("the LoRAs lie on a disk with room for {size}")
def own_disk(world: World, size: Bytes) -> None:
    world.library.troubles.mount_small("", size)


@given("not a byte is free on the disk of the LoRAs")
def full_disk(world: World) -> None:
    world.library.troubles.fill_the_disk()


@given("so much is known of {string} that the disk has no room for it twice")
def nearly_full(world: World, name: str) -> None:
    world.library.troubles.write_much_and_fill(name)


@given("the folder {string} of the LoRAs is a disk with room for {size}")
def small_disk(world: World, folder: str, size: Bytes) -> None:
    world.library.troubles.mount_small(folder, size)


@given("{string} was left out")
def was_left_out(world: World, name: str) -> None:
    world.library.changes.exclude(name)


@when("{string} is deleted")
def delete(world: World, name: str) -> None:
    world.library.changes.delete(name)


@when("{string} and {no_one} are deleted with one wish")
def delete_with_unknown(world: World, name: str, what: str) -> None:
    world.library.changes.delete_with(name, what)


@when("the deletion is taken back")
def take_back(world: World) -> None:
    world.library.changes.undo()


@when("the deletion is taken back after {duration}")
def take_back_after(world: World, duration: timedelta) -> None:
    world.library.changes.undo_after(duration)


@when("a deletion that nobody made is taken back")
def take_back_nothing(world: World) -> None:
    world.library.changes.undo_unknown()


@when("{string} is renamed to {string}")
def rename(world: World, name: str, to: str) -> None:
    world.library.changes.rename(name, to)


@when("{string} is moved into the folder {string}")
def move(world: World, name: str, folder: str) -> None:
    world.library.changes.move(name, folder)


@when("{string} is left out")
def leave_out(world: World, name: str) -> None:
    world.library.changes.exclude(name)


@when("{string} is taken in again")
def take_in(world: World, name: str) -> None:
    world.library.changes.include(name)


@when("the studio is away for {duration}")
def away(world: World, duration: timedelta) -> None:
    world.library.changes.be_away(duration)


@when("the studio is killed and started anew, and the time for taking back has passed")
def killed_and_late(world: World) -> None:
    world.library.changes.kill_and_let_grace_pass()


@when("all of them are deleted, and the studio is killed midway")
def killed_deleting(world: World) -> None:
    world.library.changes.kill_while_deleting()


@when("{string} is renamed to {string}, and the studio is killed midway")
def killed_renaming(world: World, name: str, to: str) -> None:
    world.library.changes.kill_while_renaming(name, to)


@then("the deletion tells of the files of {string}")
def tells_of_files(world: World, name: str) -> None:
    expect.library_changed(world).named_what_was_deleted([name])


@then("the deletion can be taken back for {duration}")
def can_be_taken_back(world: World, duration: timedelta) -> None:
    expect.library_changed(world).can_be_undone_for(duration)


@then("it is refused, because the time for it is over")
def too_late(world: World) -> None:
    expect.library_changed(world).refused_as("expired")


@then("it is refused, because the place is occupied")
def place_occupied(world: World) -> None:
    expect.library_changed(world).refused_as("occupied")


@then("it cannot be done, because the disk is full")
def disk_is_full(world: World) -> None:
    expect.library_changed(world).failed_for("full")


@then("it is refused, because the name is taken")
def name_taken(world: World) -> None:
    expect.library_changed(world).refused_as("taken")


@then("the other model lies where {string} was, and nothing beside it")
def other_lies_there(world: World, name: str) -> None:
    expect.model(world, name).gave_way_to(f"another {name}")


@then("left out is {string}, and nothing else")
def left_out(world: World, name: str) -> None:
    expect.library_changed(world).excluded_are([name])


@then("nothing is left out")
def none_left_out(world: World) -> None:
    expect.library_changed(world).excluded_are([])


@then("no other model has changed")
def no_other_changed(world: World) -> None:
    expect.library_changed(world).left_all_else()


@then("no model has changed")
def none_changed(world: World) -> None:
    expect.library_changed(world).left_everything()


@then("each of them is whole or gone")
def whole_or_gone(world: World) -> None:
    expect.library_changed(world).each_is_whole_or_gone()


@then("{string} is called that or {string}, with all that belongs to it")
def one_name(world: World, name: str, other: str) -> None:
    expect.model(world, name).bears_one_name(other)


@then("the recipe {string} has it, as it is called")
def recipe_has_it(world: World, recipe: str) -> None:
    expect.library_changed(world).recipe_knows_its_lora(recipe)
