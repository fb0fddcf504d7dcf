"""Sentences about finding models: look-ups by hash and by name, searches, lists narrowed, ordered and read in pages."""

from support import expect
from support.bdd import then, when
from support.world import World


@when("the library is searched for the {hash} of {string}")
def search_hash_of(world: World, form: str, name: str) -> None:
    world.library.search_hash_of(name, form)


@when("the library is searched for the hash {string}")
def search_hash(world: World, value: str) -> None:
    world.library.search_hash(value)


@when("the library is searched for {string}")
def search(world: World, words: str) -> None:
    world.library.search(words)


@when("a picture is read that names the LoRA {string}")
def read_picture(world: World, named: str) -> None:
    world.library.look_up_by_picture(named)


@when("the LoRAs whose {filter} is {string} are listed")
def narrowed(world: World, by: str, value: str) -> None:
    world.library.narrow(by, value)


@when("the LoRAs are listed by {order}")
def listed_by(world: World, order: str) -> None:
    world.library.sort(order)


@when("a list is asked for whose {measure} is {string}")
def odd_list(world: World, measure: str, value: str) -> None:
    world.library.ask_oddly(measure, value)


@when("the LoRAs are read in pages of {int}")
def read_in_pages(world: World, size: int) -> None:
    world.library.read_in_pages(size)


@then("it finds exactly {string}")
def finds_exactly(world: World, name: str) -> None:
    expect.library(world).found([name])


@then("it finds no model")
def finds_none(world: World) -> None:
    expect.library(world).found([])


@then("found are, in this order, {string}")
def found_in_order(world: World, stems: str) -> None:
    expect.library(world).found_in_order(stems.split(", "))


@then("each of them was shown once, {int} a page")
def shown_in_pages(world: World, size: int) -> None:
    expect.library(world).shown_once_in_pages(size)


@then("it means {string}")
def means(world: World, name: str) -> None:
    expect.library(world).means(name)


@then("it means no model")
def means_none(world: World) -> None:
    expect.library(world).means(None)
