"""Sentences about the studio as a whole: its health, who may use it, and how it refuses."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("the studio is running")
def is_running(world: World) -> None:
    world.client.health().must()


@given("its home has been taken away")
def home_taken_away(world: World) -> None:
    world.studio.take_its_home_away()


@given("the studio was restarted")
def was_restarted(world: World) -> None:
    world.restart()


@given("the studio's key is {string}")
def key_is(world: World, key: str) -> None:
    world.decide(api_keys=key)


@given("pages of {string} are let in")
def pages_let_in(world: World, origin: str) -> None:
    world.decide(allowed_origins=origin)


@when("the studio is asked how it is")
def ask_health(world: World) -> None:
    world.ask(world.client.health())


@when("the studio is restarted")
def restart(world: World) -> None:
    world.restart()


@when("somebody asks for an address that does not exist")
def unknown_address(world: World) -> None:
    world.ask(world.client.ask("GET", "/no/such/address"))


@when("a download without any address is asked for")
def download_without_address(world: World) -> None:
    world.ask(world.client.downloads.enqueue(urls=[]))


@when("a holder of {string} asks for the downloads")
def ask_with_key(world: World, key: str) -> None:
    world.studio.ask_for_downloads(key=key)


@when("somebody without a key asks for the downloads")
def ask_without_key(world: World) -> None:
    world.studio.ask_for_downloads()


@when("a page of {string} asks for the downloads")
def ask_from_page(world: World, origin: str) -> None:
    world.studio.ask_for_downloads(origin=origin)


@when("somebody without a key listens to the downloads")
def listen_without_key(world: World) -> None:
    world.studio.try_to_listen()


@then("it is ready")
def is_ready(world: World) -> None:
    expect.studio(world).ready()


@then("it names its backend")
def names_backend(world: World) -> None:
    expect.studio(world).names_its_backend()


@then("it has failed, and names its {string}")
def has_failed(world: World, part: str) -> None:
    expect.studio(world).failed(part)


@then("it is refused because {string}")
def is_refused(world: World, why: str) -> None:
    expect.refused(world).because(why)


@then("the fault is in {word}")
def fault_is_in(world: World, field: str) -> None:
    expect.refused(world).in_field(field)


@then("it is answered")
def is_answered(world: World) -> None:
    expect.studio(world).answered()


@then("pages of {string} may read the answer")
def may_read(world: World, origin: str) -> None:
    expect.studio(world).readable_by(origin)


@then("it is turned away")
def is_turned_away(world: World) -> None:
    expect.refused(world).turned_away()


@then("the listener is turned away")
def listener_turned_away(world: World) -> None:
    expect.studio(world).turned_the_listener_away()
