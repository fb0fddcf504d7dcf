"""Sentences about one model of the library: where it is found, what lies there, what is known of it."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("of {string} was noted")
def was_noted(world: World, name: str, table: dict[str, str]) -> None:
    world.library.changes.must_note(name, table)


@given("the library's folders are watched")
def watched(world: World) -> None:
    world.decide(library_watch=True)


@given("the first half of {string} has been copied into the LoRA folder")
def half_copied(world: World, name: str) -> None:
    world.library.disk.copy_first_half(name)


@when("of {string} is noted")
def noted(world: World, name: str, table: dict[str, str]) -> None:
    world.library.changes.note(name, table)


@when("{string} is copied into the LoRA folder")
def copied(world: World, name: str) -> None:
    world.library.disk.copy_in(name)


@when("the second half of {string} is copied, too")
def second_half(world: World, name: str) -> None:
    world.library.disk.copy_second_half(name)


@when("{string} is deleted from the LoRA folder")
def deleted(world: World, name: str) -> None:
    world.library.disk.delete(name)


@when("another program writes beside {string}")
def writes_beside(world: World, name: str, table: dict[str, str]) -> None:
    world.library.disk.tell_beside(name, table)


@when("every LoRA is checked again")
def check_all(world: World) -> None:
    world.library.changes.verify(None)


@when("{string} is checked again")
def check(world: World, name: str) -> None:
    world.library.changes.verify([name])


@then("{string} is found everywhere")
def found_everywhere(world: World, name: str) -> None:
    expect.model(world, name).is_everywhere()


@then("{string} is found nowhere")
def found_nowhere(world: World, name: str) -> None:
    expect.model(world, name).is_nowhere()


@then("{string} is soon found everywhere")
def soon_found(world: World, name: str) -> None:
    expect.model(world, name).is_everywhere_soon()


@then("{string} is soon found nowhere")
def soon_gone(world: World, name: str) -> None:
    expect.model(world, name).is_nowhere_soon()


@then("it was no model before it was whole")
def was_no_model(world: World) -> None:
    expect.library_changed(world).never_listed_half()


@then("{string} is the same model as before")
def same_model(world: World, name: str) -> None:
    expect.model(world, name).is_the_same_as_before()


@then("{string} lies on the disk, with all that belongs to it")
def lies_whole(world: World, name: str) -> None:
    expect.model(world, name).lies_whole()


@then("{string} lies on the disk as it was, with all that belongs to it")
def lies_as_it_was(world: World, name: str) -> None:
    expect.model(world, name).lies_as_it_was()


@then("{string} has left its folder, with all that belongs to it")
def left_folder(world: World, name: str) -> None:
    expect.model(world, name).has_left_its_folder()


@then("not a byte of {string} is left on the disk")
def no_byte_left(world: World, name: str) -> None:
    expect.model(world, name).left_no_byte()


@then("{string} is told with")
def told_with(world: World, name: str, table: dict[str, str]) -> None:
    expect.model(world, name).is_told_as(table)


@then("{string} is soon told with")
def soon_told_with(world: World, name: str, table: dict[str, str]) -> None:
    expect.model(world, name).is_told_as_soon(table)


@then("beside {string} stands this, and whatever stood there before")
def stands_beside(world: World, name: str) -> None:
    expect.model(world, name).is_noted_beside()


@then("beside {string} stands its new name, nowhere {string}, and whatever stood there before")
def renamed_beside(world: World, name: str, old: str) -> None:
    expect.model(world, name).is_renamed_in_its_sidecar(old)


@then("{string} has the hash of what lies there now")
def hashed_anew(world: World, name: str) -> None:
    expect.model(world, name).is_hashed_anew()


@then("the recipe {string} has {string}")
def recipe_has(world: World, recipe: str, name: str) -> None:
    expect.model(world, name).is_the_lora_of(recipe)


@then("the recipe {string} has {string}, and no model has changed")
def recipe_has_still(world: World, recipe: str, name: str) -> None:
    expect.model(world, name).is_still_the_lora_of(recipe)


@then("the recipe {string} misses {string}")
def recipe_misses(world: World, recipe: str, name: str) -> None:
    expect.model(world, name).is_missed_by(recipe)


@then("the recipe {string} is painted with {string}")
def recipe_painted_with(world: World, recipe: str, name: str) -> None:
    expect.model(world, name).is_the_checkpoint_of(recipe)


@then("the same content is shown for {string} and {string}")
def same_content(world: World, one: str, other: str) -> None:
    expect.library_changed(world).duplicates_by("hash", [[one, other]])


@then("the same name is shown for {string} and {string}")
def same_name(world: World, one: str, other: str) -> None:
    expect.library_changed(world).duplicates_by("name", [[one, other]])


@then("no two share their content")
def no_same_content(world: World) -> None:
    expect.library_changed(world).duplicates_by("hash", [])


@then("no two share a name")
def no_same_name(world: World) -> None:
    expect.library_changed(world).duplicates_by("name", [])


@then("of {int} checked models none has changed, and none is missing")
def checked_well(world: World, count: int) -> None:
    expect.library_changed(world).verified(count, changed=[], missing=[])


@then("of {int} checked models {string} has changed, and none is missing")
def checked_changed(world: World, count: int, name: str) -> None:
    expect.library_changed(world).verified(count, changed=[name], missing=[])


@then("of {int} checked models none has changed, and {string} is missing")
def checked_missing(world: World, count: int, name: str) -> None:
    expect.library_changed(world).verified(count, changed=[], missing=[name])
