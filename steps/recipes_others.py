"""Sentences about recipes that go to others and come from them: links, jobs, books."""

from support import expect
from support.bdd import given, then, when
from support.world import World

# Links, words, jobs


@given("the holder of {string} has saved the recipe {string}")
def holder_has_saved(world: World, key: str, name: str) -> None:
    world.recipes.exchange.save_as_holder(key, name)


@given("a link to {string} is shared")
def link_is_shared(world: World, name: str) -> None:
    world.recipes.exchange.share(name)


@when("somebody opens the link")
def open_link(world: World) -> None:
    world.recipes.exchange.open_link()


@when("somebody without a key opens the link")
def open_link_without_key(world: World) -> None:
    world.recipes.exchange.open_link()


@when("somebody opens the link with a sign changed")
def open_changed_link(world: World) -> None:
    world.recipes.exchange.open_changed_link()


@when("the words for a prompt of {string} are asked for")
def ask_for_syntax(world: World, name: str) -> None:
    world.recipes.exchange.syntax(name)


@when("the recipe {string} is sent to be painted")
def send(world: World, name: str) -> None:
    world.recipes.exchange.send(name)


@then("the link shows {link_shows}")
def link_shows(world: World, picture: bool) -> None:
    expect.exchange(world).link_shows(picture)


@then("the picture behind the link tells the recipe {string}")
def link_tells(world: World, name: str) -> None:
    expect.recipe(world, name).is_told_by_the_link()


@then("they are {string}")
def words_are(world: World, words: str) -> None:
    expect.exchange(world).syntax_is(words)


@then("a picture is painted with every one of these settings")
def is_painted(world: World) -> None:
    expect.exchange(world).painted_with()


@then("it is told that the sampler is one that the painter does not have")
def told_what_was_left_out(world: World) -> None:
    expect.exchange(world).told_what_was_left_out()


# The book


@given("the book has been exported")
def book_exported(world: World) -> None:
    world.recipes.exchange.export()


@when("the book is imported")
def import_book(world: World) -> None:
    world.recipes.exchange.take_in()


@when("the book is imported into another studio")
def import_elsewhere(world: World) -> None:
    world.recipes.exchange.take_to_another_studio()


@when("a book with {book_mischief} is imported")
def import_harmful(world: World, mischief: str) -> None:
    world.recipes.exchange.take_in_harmful(mischief)


@then("{int} recipe(s) is/are told to be added")
def told_added(world: World, count: int) -> None:
    expect.exchange(world).added(count)


@then("{int} recipe(s) is/are told to be added, and {int} are passed over")
def told_added_and_passed_over(world: World, count: int, passed_over: int) -> None:
    expect.exchange(world).added(count, passed_over=passed_over)


@then("no recipe is told to be added, and {int} are passed over")
def told_none_added(world: World, passed_over: int) -> None:
    expect.exchange(world).added(0, passed_over=passed_over)


@then("every recipe of the book is there, with everything that was known of it")
def book_is_whole(world: World) -> None:
    expect.exchange(world).book_is_whole()


@then("nothing of {book_mischief} is taken in, and why is told as {string}")
def took_nothing(world: World, mischief: str, why: str) -> None:
    expect.exchange(world).took_nothing(why)


@then("nothing is written outside the book")
def nothing_outside(world: World) -> None:
    expect.exchange(world).wrote_nothing_outside()
