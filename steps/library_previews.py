"""Sentences about the previews of models, and about several libraries and their settings."""

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("the LoRA {string} is in the library, with a mature preview")
def mature_preview(world: World, name: str) -> None:
    world.library.previews.have_mature(name)


@given("safe mode was turned on")
def safe_mode_was(world: World) -> None:
    world.preferences.must_set(safe_mode=True)


@when("safe mode is turned on")
def safe_mode_on(world: World) -> None:
    world.preferences.must_set(safe_mode=True)


@when("safe mode is turned off")
def safe_mode_off(world: World) -> None:
    world.preferences.must_set(safe_mode=False)


@when("the preview of {string} is asked for")
def show(world: World, name: str) -> None:
    world.library.previews.show(name)


@when("of the preview of {string} the bytes from {int} to {int} are asked for")
def show_piece(world: World, name: str, first: int, last: int) -> None:
    world.library.previews.show_piece(name, first, last)


@when("of the preview of {string} a piece past its end is asked for")
def show_past_end(world: World, name: str) -> None:
    world.library.previews.show_past_the_end(name)


@when("the preview of {string} is asked for by who holds it already")
def show_again(world: World, name: str) -> None:
    world.library.previews.show_again(name)


@when("the preview of {string} has changed, and the rest of the old one is asked for")
def show_rest(world: World, name: str) -> None:
    world.library.previews.go_on_after_change(name)


@when("{string} is given a preview")
def give(world: World, name: str) -> None:
    world.library.previews.give_picture(name)


@when("{string} is given {no_preview} for a preview")
def give_nonsense(world: World, name: str, what: str) -> None:
    world.library.previews.give_nonsense(name, what)


@when("the preview of {string} is taken away")
def take(world: World, name: str) -> None:
    world.library.previews.take(name)


@then("the preview of {string} is shown, as it lies on the disk")
def is_shown(world: World, name: str) -> None:
    expect.preview(world, name).is_shown()


@then("the preview of {string} is hidden everywhere")
def is_hidden(world: World, name: str) -> None:
    expect.preview(world, name).is_hidden()


@then("{string} has no preview")
def has_none(world: World, name: str) -> None:
    expect.preview(world, name).is_none()


@then("exactly that piece of the preview of {string} comes")
def piece_came(world: World, name: str) -> None:
    expect.preview(world, name).piece_came()


@then("it is told that the preview of {string} ends before")
def piece_refused(world: World, name: str) -> None:
    expect.preview(world, name).piece_refused()


@then("the preview of {string} is not sent again")
def not_sent_again(world: World, name: str) -> None:
    expect.preview(world, name).not_sent_again()


@then("the whole preview of {string} comes")
def whole_came(world: World, name: str) -> None:
    expect.preview(world, name).whole_came()
