"""Sentences about the model library."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("the model {string} is in the library")
def in_library(world: World, name: str) -> None:
    world.downloads.offer_and_complete(name)


@given("{string} was copied into the LoRA folder")
def copied(world: World, name: str) -> None:
    world.library.copy_in(name)


@given("{string} was copied into the LoRA folder, cut in half")
def copied_damaged(world: World, name: str) -> None:
    world.library.copy_in_damaged(name)


@given("{string} was deleted from the LoRA folder")
def deleted(world: World, name: str) -> None:
    world.library.delete_from_disk(name)


@when("the library is searched for the {hash} of {string}")
def search_hash_of(world: World, form: str, name: str) -> None:
    world.library.search_hash_of(name, form)


@when("the library is searched for the hash {string}")
def search_hash(world: World, value: str) -> None:
    world.library.search_hash(value)


@when("the LoRA folder is scanned")
def scan(world: World) -> None:
    world.library.scan()


@then("it finds exactly {string}")
def finds_exactly(world: World, name: str) -> None:
    expect.library(world).found([name])


@then("it finds no model")
def finds_none(world: World) -> None:
    expect.library(world).found([])


@then("the library lists {string}")
def lists(world: World, name: str) -> None:
    expect.library(world).lists(name)


@then("the library does not list {string}")
def does_not_list(world: World, name: str) -> None:
    expect.library(world).does_not_list(name)


@then("the library holds {string} byte for byte")
def holds(world: World, name: str) -> None:
    expect.library(world).holds(name)


@then("the scan reports {string} as unreadable")
def reports_unreadable(world: World, name: str) -> None:
    expect.library(world).reported_unreadable(name)
