"""Sentences about what is set while the studio works, and about the disk that models lie on."""

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@given("downloads from private addresses are not allowed")
def no_private_addresses(world: World) -> None:
    world.decide(allow_private_addresses=False)


@given("safe mode is on")
def safe_mode(world: World) -> None:
    world.downloads.have_the_hub()
    world.preferences.must_set(safe_mode=True)


@given("models are stored by base model and first tag")
def stored_by(world: World) -> None:
    world.downloads.have_the_hub()
    world.preferences.must_set(path_template="{base_model}/{first_tag}")


@given("the LoRAs are kept in another folder from now on")
def kept_elsewhere(world: World) -> None:
    world.preferences.move_library()


@given("the key for {string} is {string}")
def key_is(world: World, host: str, key: str) -> None:
    world.preferences.give_key(host, key)


@given("the key for the hub is {string}")
def key_of_the_hub_is(world: World, key: str) -> None:
    world.preferences.give_key(world.model_hub.host, key)


@given("the disk must keep more free than it has")
def no_room(world: World) -> None:
    world.preferences.demand_the_impossible()


@given("the disk has room again")
def room_again(world: World) -> None:
    world.preferences.make_room()


@given("the studio's disk has room for {size}")
def small_disk(world: World, size: Bytes) -> None:
    world.preferences.give_small_disk(size)


@given("the folder of the LoRAs is write-protected")
def write_protected(world: World) -> None:
    world.preferences.write_protect("loras")


@given("{string} in the LoRA folder is a link to a folder outside")
def link_outside(world: World, name: str) -> None:
    world.preferences.link_outside(name)


@given("somebody else has filled the disk while {string} was half downloaded")
def disk_filled_up(world: World, name: str) -> None:
    world.preferences.fill_the_disk_midway(name)


@when("there is room again, and every wait of {string} passes")
def there_is_room(world: World, name: str) -> None:
    world.preferences.empty_the_disk_and_pass_every_wait(name)


@when("the {setting} is set to {value}")
def set_one(world: World, name: str, to: object) -> None:
    world.preferences.set_one(name, to)


@when("the {setting} is set to {value}, and the studio is restarted")
def set_and_restart(world: World, name: str, to: object) -> None:
    world.preferences.set_and_restart(name, to)


@when("these settings are made")
def set_all(world: World, table: dict[str, str]) -> None:
    world.preferences.set_all(table)


@when("the key for {string} is set to {string}")
def set_key(world: World, host: str, key: str) -> None:
    world.preferences.set_key(host, key)


@when("the key for {string} is taken away")
def take_key(world: World, host: str) -> None:
    world.preferences.set_key(host, None)


@then("the {setting} is {value}")
def is_set(world: World, name: str, to: object) -> None:
    expect.preferences(world).are(name, to)


@then("no other setting has changed")
def no_other_changed(world: World) -> None:
    expect.preferences(world).changed_no_other()


@then("no setting has changed")
def none_changed(world: World) -> None:
    expect.preferences(world).changed_none()


@then("there is a key for {string}")
def has_key(world: World, host: str) -> None:
    expect.preferences(world).have_key(host, True)


@then("there is no key for {string}")
def has_no_key(world: World, host: str) -> None:
    expect.preferences(world).have_key(host, False)


@then("the key {string} is told nowhere")
def key_not_told(world: World, key: str) -> None:
    expect.preferences(world).never_told(key)


@then("nothing on the disk holds {string}")
def not_on_disk(world: World, key: str) -> None:
    expect.preferences(world).not_on_the_disk(key)
