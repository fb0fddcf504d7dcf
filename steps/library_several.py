"""Sentences about several libraries, and about the folders that they are set to."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("a library {string}, in which {string} lies")
def library_with(world: World, library: str, name: str) -> None:
    world.library.several.make_with(library, name)


@given("a library {string}, in which another {string} lies")
def library_with_another(world: World, library: str, name: str) -> None:
    world.library.several.make_with_another(library, name)


@given("the library {string} was opened")
def was_opened(world: World, name: str) -> None:
    world.library.several.must_activate(name)


@given("{string} lies in a second folder of LoRAs, which is set")
def second_folder(world: World, name: str) -> None:
    world.library.several.set_second_folder(name)


@when("the library {string} is opened")
def open_library(world: World, name: str) -> None:
    world.library.several.activate(name)


@when("a library {string} is made {place_of_library}")
def made_at(world: World, name: str, place: str) -> None:
    world.library.several.add_at(name, place)


@when("another library {string} is made")
def made_again(world: World, name: str) -> None:
    world.library.several.add_elsewhere(name)


@when("the library {string} is taken away")
def taken_away(world: World, name: str) -> None:
    world.library.several.remove(name)


@when("{wrong_setting} is set")
def set_wrongly(world: World, what: str) -> None:
    world.library.several.set_wrongly(what)


@when("the studio is killed while the number of downloads is set again and again")
def killed_while_set(world: World) -> None:
    world.library.changes.kill_while_setting()


@then("the libraries are {string}, and {string} is open")
def libraries_are(world: World, names: str, active: str) -> None:
    expect.libraries(world).are(names.split(", "), active=active)


@then("{string} lies in the folder of {string}")
def lies_in_folder_of(world: World, name: str, library: str) -> None:
    expect.libraries(world).holds_on_disk(library, name)


@then("the file of settings is the same, byte for byte")
def settings_file_same(world: World) -> None:
    expect.libraries(world).settings_file_is_the_same()


@then("the number of downloads is one of those that were set")
def one_of_those(world: World) -> None:
    expect.libraries(world).number_of_downloads_was_wanted()
