"""Sentences about downloads: what the hub offers, what is asked for, and what becomes of it."""

from dataclasses import dataclass

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@dataclass
class Offered:
    """One row of what the hub offers."""

    name: str
    size: Bytes


@given("the hub offers the LoRA {string} of {size}")
def hub_offers(world: World, name: str, size: Bytes) -> None:
    world.downloads.offer(name, size)


@given("the hub offers the checkpoint {string} of {size}")
def hub_offers_checkpoint(world: World, name: str, size: Bytes) -> None:
    world.downloads.offer(name, size, kind="checkpoints")


@given("the hub offers the mature LoRA {string} of {size}")
def hub_offers_mature(world: World, name: str, size: Bytes) -> None:
    world.downloads.offer(name, size, nsfw=True)


@given("the hub offers the LoRA {string} of {size}, with one more source")
def hub_offers_twice(world: World, name: str, size: Bytes) -> None:
    world.downloads.offer(name, size, mirrors=1)


@given("the hub offers the LoRA {string} of {size} for {string}, tagged {string}")
def hub_offers_tagged(world: World, name: str, size: Bytes, base_model: str, tag: str) -> None:
    world.downloads.offer(name, size, base_model=base_model, tags=(tag,))


@given("the hub offers {string} of {size}, whose file is called {string}")
def hub_offers_file(world: World, name: str, size: Bytes, file_name: str) -> None:
    world.downloads.offer(name, size, file_name=file_name)


@given("the hub offers these models")
def hub_offers_these(world: World, table: list[Offered]) -> None:
    world.downloads.offer_all([(row.name, row.size) for row in table])


@given("the hub offers {int} models")
def hub_offers_several(world: World, count: int) -> None:
    world.downloads.offer_several(count)


@given("the hub offers {string} as a {packing} with these models")
def hub_offers_package(world: World, name: str, packing: str, table: list[Offered]) -> None:
    world.model_hub.offer_package(name, packing, [(row.name, row.size) for row in table])


@given("the hub offers {string} as an archive with a model and {harm}")
def hub_offers_harmful_package(world: World, name: str, harm: str) -> None:
    world.model_hub.offer_harmful_package(name, harm)


@given("{string} has been downloaded")
def has_been_downloaded(world: World, name: str) -> None:
    world.downloads.complete(name)


@given("{string} has been downloaded under the caller's own name {string}")
def has_been_downloaded_under(world: World, name: str, own_name: str) -> None:
    world.downloads.complete(name, download_id=own_name)


@given("{int} downloads have been completed")
def several_completed(world: World, count: int) -> None:
    world.downloads.complete_several(count)


@given("all of them have been asked for, and {string} has failed")
def all_asked_and_failed(world: World, name: str) -> None:
    world.downloads.start_all_and_fail(name)


@when("{string} is downloaded")
def download(world: World, name: str) -> None:
    world.downloads.start(name)


@when("{string} is downloaded, whatever its checksum")
def download_unchecked(world: World, name: str) -> None:
    world.downloads.start(name, checked=False)


@when("{string} is downloaded with the checksum of {string}")
def download_with_checksum_of(world: World, name: str, other: str) -> None:
    world.downloads.start_with_checksum_of(name, other)


@when("{string} is downloaded, and every wait passes")
def download_through_waits(world: World, name: str) -> None:
    world.downloads.start_and_pass_every_wait(name)


@when("{string} is downloaded up to there")
def download_up_to_there(world: World, name: str) -> None:
    world.course.start_up_to_half(name)


@when("{string} is downloaded into {string}")
def download_into(world: World, name: str, folder: str) -> None:
    world.downloads.start(name, relative_path=folder)


@when("{string} is downloaded under the caller's own name {string}")
def download_under(world: World, name: str, own_name: str) -> None:
    world.downloads.start(name, download_id=own_name)


@when("the hub's version of {string} is downloaded")
def download_version(world: World, name: str) -> None:
    world.downloads.start_version(name)


@when("{string} is asked for by {designation}")
def download_by(world: World, name: str, designation: str) -> None:
    world.downloads.start_by(name, designation)


@when("the file {string} of the version of {string} is asked for")
def download_file(world: World, file: str, name: str) -> None:
    world.downloads.start_file(file, name)


@when("a version that the hub does not know is asked for")
def download_unknown(world: World) -> None:
    world.downloads.start_unknown_version()


@when("the address {string} is to be downloaded")
def download_address(world: World, address: str) -> None:
    world.downloads.start_address(address)


@when("all of them are downloaded")
def download_all(world: World) -> None:
    world.downloads.start_all()


@when("they are downloaded one after the other")
def download_one_after_the_other(world: World) -> None:
    world.downloads.start_one_after_the_other()


@when("{string} is asked for once more")
def ask_again(world: World, name: str) -> None:
    world.course.ask_again_and_let_go(name)


@when("{string} is asked for once more, with the checksum of {string}")
def ask_again_with_checksum_of(world: World, name: str, other: str) -> None:
    world.course.ask_again_with_checksum_of(name, other)


@then("{string} is {state}")
def is_in_state(world: World, name: str, state: str) -> None:
    expect.download(world, name).is_now(state)


@then("{string} is {state} at once")
def is_in_state_at_once(world: World, name: str, state: str) -> None:
    expect.download(world, name).is_already(state)


@then("every one of them is complete")
def all_complete(world: World) -> None:
    expect.downloads(world).all_completed()


@then("the download of {string} fails")
def fails(world: World, name: str) -> None:
    expect.download(world, name).failed()


@then("the download of {string} fails because {string}")
def fails_because(world: World, name: str, why: str) -> None:
    expect.download(world, name).failed(because=why)


@then("that download fails because {string}")
def that_fails_because(world: World, why: str) -> None:
    expect.download(world).failed(because=why)


@then("it is told which checksum was promised and which arrived")
def tells_checksums(world: World) -> None:
    expect.download(world).tells_both_checksums()


@then("it is told when the early access ends")
def tells_early_access(world: World) -> None:
    expect.download(world).tells_end_of_early_access()


@then("it was checked against the published checksum")
def was_checked(world: World) -> None:
    expect.download(world).has_the_published_checksum()


@then("nothing of {string} is kept")
def nothing_kept(world: World, name: str) -> None:
    expect.download(world, name).left_nothing()


@then("nothing bears the name of {string} yet")
def nothing_bears_the_name(world: World, name: str) -> None:
    expect.download(world, name).has_no_name_yet()


@then("the library holds {string} byte for byte, under a name of its own")
def holds_under_own_name(world: World, name: str) -> None:
    expect.download(world, name).is_kept_under_its_own_name()


@then("{string} has become the model that was published, or nothing")
def right_or_nothing(world: World, name: str) -> None:
    expect.download(world, name).became_right_or_nothing()


@then("{string} is stored in {string}")
def stored_in(world: World, name: str, folder: str) -> None:
    expect.download(world, name).is_stored_in(folder)


@then("{string} is stored in that folder")
def stored_in_that_folder(world: World, name: str) -> None:
    expect.download(world, name).is_stored_in_the_other_library()


@then("{string} is stored inside the library, or refused")
def stored_inside(world: World, name: str) -> None:
    expect.download(world, name).is_stored_inside_or_refused()


@then("nothing was stored outside the library")
def nothing_outside(world: World) -> None:
    expect.downloads(world).stayed_inside()


@then("nothing else has changed")
def nothing_else_has_changed(world: World) -> None:
    expect.downloads(world).left_all_else()


@then("{string} is downloaded only once")
def only_once(world: World, name: str) -> None:
    expect.download(world, name).shared()


@then("there were two downloads of {string}")
def two_downloads(world: World, name: str) -> None:
    expect.download(world, name).not_shared()
