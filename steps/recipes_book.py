"""Sentences about the recipe book: filled, searched, leafed through, interrupted."""

from support import expect
from support.acts.recipe_lists import Saved
from support.bdd import given, then, when
from support.world import World


@given("these recipes are saved")
def these_are_saved(world: World, table: list[Saved]) -> None:
    world.recipes.lists.save(table)


@given("these recipes are saved, one a minute")
def these_are_saved_slowly(world: World, table: list[Saved]) -> None:
    world.recipes.lists.save_one_a_minute(table)


@given("{int} recipes are saved")
def so_many_are_saved(world: World, count: int) -> None:
    world.recipes.lists.save_many(count)


@given("{int} recipes are saved, some of them alike in everything")
def so_many_alike(world: World, count: int) -> None:
    world.recipes.lists.save_alike(count)


@given("what the studio searches by has been damaged")
def search_was_damaged(world: World) -> None:
    world.recipes.lists.damage_search()


@given("somebody else has locked the index for a moment")
def index_is_locked(world: World) -> None:
    world.recipes.interruptions.lock_for_a_moment()


@given("the recipes lie on a disk of their own")
def own_disk(world: World) -> None:
    world.recipes.interruptions.have_own_disk()


@given("the disk of the recipes {disk_trouble}")
def disk_has_trouble(world: World, trouble: str) -> None:
    world.recipes.interruptions.trouble_disk(trouble)


@when("recipes are searched for {string}")
def search(world: World, words: str) -> None:
    world.recipes.lists.search(words)


@when("recipes are searched for {string} in the {search_parts}")
def search_in(world: World, words: str, parts: str) -> None:
    world.recipes.lists.search_in(words, parts)


@when("recipes are listed {book_order}")
def list_in_order(world: World, order: str) -> None:
    world.recipes.lists.list_in_order(order)


@when("recipes are listed by chance, with number {int}")
def list_by_chance(world: World, number: int) -> None:
    world.recipes.lists.list_by_chance(number)


@when("recipes with {narrowing} are listed")
def list_narrowed(world: World, what: str) -> None:
    world.recipes.lists.narrow(what)


@when("the book is leafed through {book_order}, {int} to a page")
def leaf(world: World, order: str, size: int) -> None:
    world.recipes.lists.leaf(order, size)


@when("the book is leafed through {book_order}, {int} to a page, and one more recipe is saved after each page")
def leaf_while_saving(world: World, order: str, size: int) -> None:
    world.recipes.lists.leaf_while_saving(order, size)


@when("all recipes are repaired, and meanwhile others search and save")
def repair_and_search(world: World) -> None:
    world.recipes.lists.repair_and_search()


@when("duplicates are looked for")
def duplicates(world: World) -> None:
    world.recipes.lists.look_for_duplicates()


@when("duplicates are looked for, {judged}")
def duplicates_judged(world: World, by_prompt: bool) -> None:
    world.recipes.lists.look_for_duplicates(by_prompt=by_prompt)


@when("{string} is {glance}")
def glance_at(world: World, name: str, glance: str) -> None:
    world.recipes.exchange.look(name, glance)


@when("{shown} of {string} is asked for")
def ask_for_picture(world: World, shown: str, name: str) -> None:
    world.recipes.exchange.ask_for_picture(name, shown)


@when("the studio is killed while recipes are saved one after the other, and started anew")
def kill_while_saving(world: World) -> None:
    world.recipes.interruptions.kill_while_saving()


@when("the studio is killed once the picture of {string} is written and its recipe is not, and started anew")
def kill_before_the_row(world: World, name: str) -> None:
    world.recipes.interruptions.kill_before_the_row(name)


@when("the studio is killed while the title of {string} is changed again and again, and started anew")
def kill_while_changing(world: World, name: str) -> None:
    world.recipes.interruptions.kill_while_changing(name)


@then("{string} is found")
def is_found(world: World, name: str) -> None:
    expect.recipe(world, name).found()


@then("{string} is not found")
def is_not_found(world: World, name: str) -> None:
    expect.recipe(world, name).not_found()


@then("a search for {string} does not find {string}")
def search_does_not_find(world: World, words: str, name: str) -> None:
    expect.recipe(world, name).not_found_by(words)


@then("exactly these are found: {names}")
def exactly_found(world: World, names: str) -> None:
    expect.recipes(world).are_exactly(names)


@then("they are, in this order, {names}")
def in_order(world: World, names: str) -> None:
    expect.recipes(world).are_in_order(names)


@then("each of them is shown once")
def each_once(world: World) -> None:
    expect.recipes(world).shown_once()


@then("each of the first {int} is shown once")
def first_once(world: World, count: int) -> None:
    expect.recipes(world).shown_once(of=count)


@then("no recipe is shown twice")
def none_twice(world: World) -> None:
    expect.recipes(world).none_shown_twice()


@then("every page but the last is full")
def pages_full(world: World) -> None:
    expect.recipes(world).pages_are_full()


@then("number {int} lists them in this order again")
def same_order(world: World, number: int) -> None:
    expect.recipes(world).chance_keeps_order(number, same=True)


@then("number {int} lists them in another order")
def other_order(world: World, number: int) -> None:
    expect.recipes(world).chance_keeps_order(number, same=False)


@then("{string} is listed without its picture")
def without_picture(world: World, name: str) -> None:
    expect.recipes(world).shown_as(name, hidden=True)


@then("{string} is listed with its picture")
def with_picture(world: World, name: str) -> None:
    expect.recipes(world).shown_as(name, hidden=False)


@then("not one of these searches misses a recipe")
def missed_none(world: World) -> None:
    expect.recipes(world).missed_none()


@then("every recipe is found by its own words")
def found_by_own_words(world: World) -> None:
    expect.recipes(world).found_by_own_words()


@then("what was saved meanwhile is found, too")
def saved_meanwhile_found(world: World) -> None:
    expect.recipe(world, "Saved meanwhile").found()


@then("{string} and {string} are told as duplicates")
def are_duplicates(world: World, one: str, other: str) -> None:
    expect.recipes(world).duplicates_are([one, other])


@then("the duplicates of {string} are {names}")
def duplicates_are(world: World, name: str, names: str) -> None:
    expect.recipes(world).duplicates_of(name, names)


@then("{string} is no duplicate")
def no_duplicate(world: World, name: str) -> None:
    expect.recipes(world).is_no_duplicate(name)


@then("{string} and {string} are told to come from the same place")
def from_one_place(world: World, one: str, other: str) -> None:
    expect.recipes(world).from_one_place([one, other])


@then("{string} is told to be known already")
def is_known(world: World, name: str) -> None:
    expect.recipes(world).known_already(name, known=True)


@then("{string} is not told to be known already")
def is_not_known(world: World, name: str) -> None:
    expect.recipes(world).known_already(name, known=False)


@then("there is/are {int} recipe(s)")
def there_are(world: World, count: int) -> None:
    expect.recipes(world).count(count)


@then("every recipe that was told to be saved is there, with every setting and its picture")
def all_told_are_there(world: World) -> None:
    expect.recipes(world).all_told_are_there()


@then("the recipe {string} has one of these titles, and its picture tells the same")
def one_of_the_titles(world: World, name: str) -> None:
    expect.recipes(world).has_one_of_the_titles(name)
