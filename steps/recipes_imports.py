"""Sentences about many pictures at once: folders, uploads, addresses, a folder that is watched."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("a folder {string} of {int} pictures, of which {int} are damaged")
def folder_of_pictures(world: World, folder: str, count: int, damaged: int) -> None:
    world.recipes.imports.have_folder(folder, count, damaged)


@given("a copy of each lies in the folder {string}, too")
def copies_in_folder(world: World, folder: str) -> None:
    world.recipes.imports.copy_each(folder)


@given("the folder {string} was imported")
def folder_was_imported(world: World, folder: str) -> None:
    world.recipes.imports.must_import_folder(folder)


@given("{int} pictures in hand")
def pictures_in_hand(world: World, count: int) -> None:
    world.recipes.imports.have_in_hand(count)


@given("{int} pictures in hand, of which {int} is/are damaged")
def pictures_in_hand_damaged(world: World, count: int, damaged: int) -> None:
    world.recipes.imports.have_in_hand(count, damaged)


@given("{int} pictures are on offer in the net, which keep everybody waiting")
def slow_pictures(world: World, count: int) -> None:
    world.recipes.imports.offer(count, held=count)


@given("{int} pictures are on offer in the net, of which the last {int} keep everybody waiting")
def partly_slow_pictures(world: World, count: int, held: int) -> None:
    world.recipes.imports.offer(count, held)


@given("their import has brought the first {int}")
def brought_the_first(world: World, count: int) -> None:
    world.recipes.imports.import_up_to(count)


@given("{int} pictures are on offer in the net, of which {int} are damaged, and which keep everybody waiting")
def slow_and_damaged_pictures(world: World, count: int, damaged: int) -> None:
    world.recipes.imports.offer(count, held=count, damaged=damaged)


@given("their import has begun, and somebody listens to it")
def import_is_heard(world: World) -> None:
    world.recipes.imports.begin_and_listen()


@when("the folder {string} is imported")
def import_folder(world: World, folder: str) -> None:
    world.recipes.imports.import_folder(folder)


@when("the folder {string} is imported into {string} with the tags {string}")
def import_folder_into(world: World, folder: str, into: str, tags: str) -> None:
    world.recipes.imports.import_folder_into(folder, into, tags)


@when("these pictures are imported")
def import_in_hand(world: World) -> None:
    world.recipes.imports.import_all()


@when("these pictures are imported, {int} at a time")
def import_at_a_time(world: World, count: int) -> None:
    world.recipes.imports.import_all(count)


@when("the import is cancelled")
def cancel_import(world: World) -> None:
    world.recipes.imports.cancel()


@when("the net answers, and the import is over")
def net_answers(world: World) -> None:
    world.recipes.imports.let_go_and_end()


@then("the import is completed, with {int} recipes added")
def import_added(world: World, added: int) -> None:
    expect.imported(world).ended("completed", added=added)


@then("the import is completed, with {int} recipes added and {int} picture(s) reported by name")
def import_reported(world: World, added: int, failed: int) -> None:
    expect.imported(world).ended("completed", added=added, failed=failed)


@then("the import is completed, with {int} recipes added and {int} passed over")
def import_passed_over(world: World, added: int, skipped: int) -> None:
    expect.imported(world).ended("completed", added=added, skipped=skipped)


@then("the import is completed, with nothing added, {int} passed over and {int} pictures reported by name")
def import_added_nothing(world: World, skipped: int, failed: int) -> None:
    expect.imported(world).ended("completed", added=0, skipped=skipped, failed=failed)


@then("the import is completed once the net answers, with {int} recipes added")
def import_ended_once(world: World, added: int) -> None:
    expect.imported(world).ended_once_let_go(added)


@then("the import is cancelled, with {int} recipes added")
def import_cancelled(world: World, added: int) -> None:
    expect.imported(world).ended("cancelled", added=added)


@then("there are {int} recipes, even when the net answers")
def stays_at(world: World, count: int) -> None:
    expect.imported(world).stays_at(count)


@then("{int} of them is/are fetched at once, and not one more")
def fetched_at_once(world: World, count: int) -> None:
    expect.imported(world).fetched_at_once(count)


@then("each of these recipes holds its own picture's settings")
def each_its_own(world: World) -> None:
    expect.imported(world).each_holds_its_own()


@then("each of these recipes is in the folder {string} and has the tags {string}")
def each_is_in(world: World, folder: str, tags: str) -> None:
    expect.imported(world).each_is_in(folder, tags)


@then("the folder {string} is as it was")
def folder_as_it_was(world: World, folder: str) -> None:
    expect.imported(world).folder_is_as_it_was(folder)


@then("each picture is told once, as imported or as failed")
def heard_each_once(world: World) -> None:
    expect.imported(world).heard_each_once()


@then("each word tells of one picture, and how many are done")
def heard_what_changed(world: World) -> None:
    expect.imported(world).heard_what_changed()


@then("the last word tells how it ended")
def heard_the_end(world: World) -> None:
    expect.imported(world).heard_the_end()


# The watched folder


@given("a folder of the painter's is watched")
def watched(world: World) -> None:
    world.recipes.imports.watch()


@given("a picture made by {program} was laid into the watched folder, and has become a recipe")
def was_laid_in(world: World, program: str) -> None:
    world.recipes.imports.must_lay_in(program)


@when("a picture made by {program} is laid into the watched folder")
def lay_in(world: World, program: str) -> None:
    world.recipes.imports.lay_in(program)


@when("the same picture, a text and one new picture are laid into the watched folder")
def lay_in_again(world: World) -> None:
    world.recipes.imports.lay_in_again()


@when("the studio is restarted, and a new picture is laid into the watched folder")
def restart_and_lay_in(world: World) -> None:
    world.recipes.imports.restart_and_lay_in()


@then("it becomes a recipe with every one of these settings")
def became_a_recipe(world: World) -> None:
    expect.imported(world).became_a_recipe()


@then("it lies in the watched folder as it was")
def lies_as_it_was(world: World) -> None:
    expect.imported(world).left_the_picture_alone()
