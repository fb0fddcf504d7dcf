"""Sentences about reference pictures that people bring: uploaded, sent, shown in a list, thrown away."""

from support import (
    character_words,  # noqa: F401  # read for the words that it makes known
    expect,
)
from support.bdd import given, then, when
from support.parameter_types import Sides
from support.world import World


@given("{string} was uploaded")
def was_uploaded(world: World, name: str) -> None:
    world.uploads.have(name)


@given("{int} pictures were uploaded one after the other")
def several_uploaded(world: World, count: int) -> None:
    world.uploads.have_several(count)


@given("{string} was deleted from the characters")
def was_deleted(world: World, name: str) -> None:
    world.uploads.have_deleted(name)


@when("a {kind} picture is uploaded as {string}")
def upload_kind(world: World, kind: str, name: str) -> None:
    world.uploads.upload_kind(name, kind)


@when("a picture of exactly the largest size is uploaded")
def upload_largest(world: World) -> None:
    world.uploads.upload_of_bytes(0)


@when("a picture of one byte more than the largest size is uploaded")
def upload_too_large(world: World) -> None:
    world.uploads.upload_of_bytes(1)


@when("a picture of {sides} is uploaded")
def upload_of_pixels(world: World, sides: Sides) -> None:
    world.uploads.upload_of_pixels(sides.width, sides.height)


@when("a picture is uploaded whose name is {hostile_name}")
def upload_named(world: World, name: str) -> None:
    world.uploads.upload_named(name)


@when("a {kind} picture is uploaded that tells where it was taken, and by which camera")
def upload_from_camera(world: World, kind: str) -> None:
    world.uploads.upload_from_camera(kind)


@when("{disguise} is uploaded as a picture")
def upload_disguised(world: World, disguise: str) -> None:
    world.uploads.upload_disguised(disguise)


@when("an upload comes without a file")
def upload_nothing(world: World) -> None:
    world.uploads.upload_without_a_file()


@when("{string} is fetched")
def fetch(world: World, name: str) -> None:
    world.uploads.fetch(name)


@when("{string} is fetched until the studio has noticed")
def fetch_until_noticed(world: World, name: str) -> None:
    world.uploads.fetch_until_noticed(name)


@when("somebody asks about {string} without fetching it")
def look(world: World, name: str) -> None:
    world.uploads.look_without_fetching(name)


@when("{part} of {string} are fetched")
def fetch_part(world: World, part: str, name: str) -> None:
    world.uploads.fetch_part(name, part)


@when("what lies behind the end of {string} is fetched")
def fetch_beyond(world: World, name: str) -> None:
    world.uploads.fetch_beyond(name)


@when("{string} is fetched by somebody who holds it already")
def fetch_again(world: World, name: str) -> None:
    world.uploads.fetch_again(name)


@when("{string} is shown small")
def show_small(world: World, name: str) -> None:
    world.uploads.show_small(name)


@when("{string} gets the label {string}")
def label(world: World, name: str, label: str) -> None:
    world.uploads.label(name, label)


@when("{string} gets a label of {int} letters")
def label_at_length(world: World, name: str, letters: int) -> None:
    world.uploads.label_at_length(name, letters)


@when("{string} is deleted from the characters")
def delete(world: World, name: str) -> None:
    world.uploads.delete(name)


@when("the list of characters is turned in pages of {int}")
def walk(world: World, page_size: int) -> None:
    world.uploads.walk(page_size)


@when("page {int} of the list is opened, {int} to a page")
def open_page(world: World, number: int, page_size: int) -> None:
    world.uploads.open_page(number, page_size)


@then("it is kept byte for byte")
def is_kept(world: World) -> None:
    expect.uploads(world).kept()


@then("it is told as a {kind} file called {string}")
def told_as(world: World, kind: str, name: str) -> None:
    expect.uploads(world).told_as(kind, name)


@then("the list shows it, called {string}")
def is_listed(world: World, name: str) -> None:
    expect.uploads(world).listed(name)


@then("the name that is told is harmless")
def harmlessly_named(world: World) -> None:
    expect.uploads(world).harmlessly_named()


@then("nothing but the picture has come to lie on the disk")
def only_it_on_the_disk(world: World) -> None:
    expect.uploads(world).only_it_on_the_disk()


@then("nobody learns from it where it was taken, or by which camera")
def nothing_told(world: World) -> None:
    expect.uploads(world).nothing_told()


@then("it looks exactly as it did")
def looks_the_same(world: World) -> None:
    expect.uploads(world).looks_the_same()


@then("its colour profile is kept")
def keeps_its_profile(world: World) -> None:
    expect.uploads(world).keeps_its_profile()


@then("it is still turned as it was")
def still_turned(world: World) -> None:
    expect.uploads(world).still_turned()


@then("the studio is still ready")
def still_ready(world: World) -> None:
    expect.uploads(world).left_the_studio_ready()


@then("{string} comes back byte for byte")
def comes_back(world: World, name: str) -> None:
    expect.uploads(world).comes_back(name)


@then("{string} is sent byte for byte")
def is_sent(world: World, name: str) -> None:
    expect.uploads(world).sent(name)


@then("it is told as it would be sent, and nothing is sent")
def told_as_it_would_be_sent(world: World) -> None:
    expect.uploads(world).told_as_it_would_be_sent()


@then("exactly {part} of {string} are sent")
def part_sent(world: World, part: str, name: str) -> None:
    expect.uploads(world).part_sent(part, name)


@then("it is told to be the same, and nothing is sent")
def not_sent_again(world: World) -> None:
    expect.uploads(world).not_sent_again()


@then("it is sent as the picture that it is, to be taken for nothing else")
def taken_for_nothing_else(world: World) -> None:
    expect.uploads(world).taken_for_nothing_else()


@then("a smaller picture of the same proportions is shown")
def shown_small(world: World) -> None:
    expect.uploads(world).shown_small()


@then("{string} is found nowhere among the characters")
def found_nowhere(world: World, name: str) -> None:
    expect.uploads(world).found_nowhere(name)


@then("nothing but {string} has gone")
def nothing_else_gone(world: World, name: str) -> None:
    expect.uploads(world).nothing_else_gone(name)


@then("nothing but the label of {string} has changed")
def only_label_changed(world: World, name: str) -> None:
    expect.uploads(world).only_label_changed(name)


@then("the list tells of {string} its name, its size, its kind, and the label {string}")
def told_in_the_list(world: World, name: str, label: str) -> None:
    expect.uploads(world).told_in_the_list(name, label)


@then("each of them is shown once, the newest first")
def shown_once(world: World) -> None:
    expect.uploads(world).shown_once_newest_first()


@then("no page shows more than {int}")
def no_page_longer(world: World, most: int) -> None:
    expect.uploads(world).no_page_longer_than(most)


@then("it shows nothing")
def page_is_empty(world: World) -> None:
    expect.uploads(world).page_is_empty()
