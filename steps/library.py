"""Sentences about the model library: what lies in its folders, scans, what it lists."""

from dataclasses import dataclass

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.tables import Table
from support.world import World


@dataclass
class Named:
    """One row of a list of models."""

    name: str


@dataclass
class Sized:
    """One row of a list of models with their sizes."""

    name: str
    size: Bytes


@given("the model {string} is in the library")
def in_library(world: World, name: str) -> None:
    world.downloads.offer_and_complete(name)


@given("the {weights} {string} is in the library")
def lora_in_library(world: World, kind: str, name: str) -> None:
    world.library.disk.put(name, kind)


@given("the LoRA {string} of {size} is in the library, with {companion} beside it")
def sized_in_library(world: World, name: str, size: Bytes, suffix: str) -> None:
    world.library.disk.put_with(name, [suffix], size_bytes=size)


@given("the LoRA {string} is in the library, with {companion} beside it")
def in_library_with_companion(world: World, name: str, suffix: str) -> None:
    world.library.disk.put_with(name, [suffix])


@given("the LoRA {string} is in the library, with everything beside it")
def in_library_with_everything(world: World, name: str) -> None:
    world.library.disk.put_with_everything(name)


@given("the LoRA {string} is in the library with")
def in_library_told(world: World, name: str, table: dict[str, str]) -> None:
    world.library.disk.put(name, told=table)


@given("the LoRA {string} is in the library, its AutoV3 hash given {written}")
def in_library_with_header(world: World, name: str, said: dict[str, str]) -> None:
    world.library.disk.put(name, said=said)


@given("{string} is in the library, a copy of {string}")
def copy_in_library(world: World, name: str, other: str) -> None:
    world.library.disk.put_copy(name, other)


@given("these LoRAs are in the library")
def these_in_library(world: World, table: Table) -> None:
    world.library.disk.put_all(table)


@given("these LoRAs have come into the library, one a minute")
def one_after_another(world: World, table: list[Sized]) -> None:
    world.library.disk.put_one_after_another([(row.name, row.size) for row in table])


@given("{int} LoRAs are in the library, each with a picture beside it")
def many_in_library(world: World, count: int) -> None:
    world.library.disk.put_many(count)


@given("{string} was copied into the LoRA folder")
def copied(world: World, name: str) -> None:
    world.library.disk.copy_in(name)


@given("these LoRAs were copied into the LoRA folder")
def these_copied(world: World, table: list[Named]) -> None:
    world.library.disk.copy_in_all([row.name for row in table])


@given("the {weights} {string} was copied into its folder")
def copied_of_kind(world: World, kind: str, name: str) -> None:
    world.library.disk.copy_in(name, kind)


@given("{string} was copied into the LoRA folder, and beside it is told")
def copied_told(world: World, name: str, table: dict[str, str]) -> None:
    world.library.disk.copy_in_told(name, table)


@given("{string} was copied into the LoRA folder, its trainer wrote {string}")
def copied_with_header(world: World, name: str, words: str) -> None:
    world.library.disk.copy_in_trained(name, words)


@given("{string} was copied into the LoRA folder, cut in half")
def copied_damaged(world: World, name: str) -> None:
    world.library.disk.copy_in_damaged(name)


@given("{string} was deleted from the LoRA folder")
def deleted(world: World, name: str) -> None:
    world.library.disk.delete(name)


@given("{string} was replaced by a newer version of {size}")
def replaced(world: World, name: str, size: Bytes) -> None:
    world.library.disk.replace_with_newer(name, size)


@given("one byte of {string} has changed, which neither its size nor its date betrays")
def changed_unseen(world: World, name: str) -> None:
    world.library.disk.change_unseen(name)


@given("another program has written beside {string}")
def written_beside(world: World, name: str, table: dict[str, str]) -> None:
    world.library.disk.tell_beside(name, table)


@given("the sidecar of {string} is {unreadable}")
def broken_sidecar(world: World, name: str, content: bytes) -> None:
    world.library.disk.write_sidecar(name, content)


@given("its neighbours lie in the same folder")
def neighbours(world: World) -> None:
    world.library.troubles.put_neighbours()


@given("a picture {string} of nobody lies in the LoRA folder")
def stray_picture(world: World, name: str) -> None:
    world.library.troubles.put_stranger(name)


@given("an older {string} shares what lies beside {string}")
def shares(world: World, name: str, other: str) -> None:
    world.library.troubles.put_twin(name, other)


@given("there is {link} of {string} in the LoRA folder")
def linked(world: World, what: str, name: str) -> None:
    world.library.troubles.link(name, what)


@given("{string} lies outside, in a folder that is linked into the LoRA folder")
def linked_from_outside(world: World, name: str) -> None:
    world.library.troubles.link_in_from_outside(name)


@given("{no_model} lies in the LoRA folder")
def no_model_lies_there(world: World, what: str) -> None:
    world.library.troubles.add_no_model(what)


@given("the library's entry of {string} has lost {damage}")
def entry_damaged(world: World, name: str, what: str) -> None:
    world.library.troubles.damage_row(name, what)


@given("the studio has forgotten everything")
def forgotten(world: World) -> None:
    world.library.troubles.lose_database()


@given("the LoRA folder has been scanned")
def has_been_scanned(world: World) -> None:
    world.library.scan()


@given("somebody listens to the library")
def listens(world: World) -> None:
    world.library.listen()


@when("the {weights} folder is scanned")
def scan(world: World, kind: str) -> None:
    world.library.scan_and_remember(kind)


@when("the LoRA {string} comes into the library")
def comes(world: World, name: str) -> None:
    world.library.disk.put(name)


@then("the library lists {string}")
def lists(world: World, name: str) -> None:
    expect.library(world).lists(name)


@then("the library lists {string} once")
def lists_once(world: World, stem: str) -> None:
    expect.library(world).lists_once(stem)


@then("the library lists exactly {string}")
def lists_exactly(world: World, name: str) -> None:
    expect.library(world).lists_exactly([name])


@then("the library does not list {string}")
def does_not_list(world: World, name: str) -> None:
    expect.library(world).does_not_list(name)


@then("{string} is listed as a(n) {weights} alone")
def listed_among(world: World, name: str, kind: str) -> None:
    expect.library(world).lists_among(name, kind)


@then("the library holds {string} byte for byte")
def holds(world: World, name: str) -> None:
    expect.library(world).holds(name)


@then("the scan tells of {int} model(s), {int} new, {int} changed and {int} gone")
def scan_counts(world: World, found: int, added: int, changed: int, gone: int) -> None:
    expect.library(world).counted(found=found, added=added, changed=changed, gone=gone)


@then("the scan reports {string} as unreadable")
def reports_unreadable(world: World, name: str) -> None:
    expect.library(world).reported_unreadable(name)


@then("the scan reports the sidecar of {string}")
def reports_sidecar(world: World, name: str) -> None:
    expect.library(world).reported_sidecar(name)


@then("the scan reports {string} as repaired")
def reports_repaired(world: World, name: str) -> None:
    expect.library(world).reported_repaired(name)


@then("the scan reports no trouble")
def reports_nothing(world: World) -> None:
    expect.library(world).reported_nothing_else()


@then("a scan changes nothing")
def scan_changes_nothing(world: World) -> None:
    expect.library(world).agrees_with_the_disk()


@then("the listeners hear of one scan of {int} models, from its start to its end")
def scan_told(world: World, count: int) -> None:
    expect.library_changed(world).scan_was_told(count)
