"""Sentences about characters and their reference pictures: made, told, fetched."""

from support import (
    character_words,  # noqa: F401  # read for the words that it makes known
    expect,
)
from support.bdd import given, then, when
from support.world import World


@given("reference pictures were made of {string}")
def were_made(world: World, description: str) -> None:
    world.characters.have(description)


@given("reference pictures were made of {string} with seed {int}")
def were_made_with_seed(world: World, description: str, seed: int) -> None:
    world.characters.have(description, seed=seed)


@given("reference pictures were made of {string} with the key {string}")
def were_made_with_key(world: World, description: str, key: str) -> None:
    world.characters.have(description, key=key)


@given("reference pictures could not be made of {string} with the key {string}")
def could_not_be_made(world: World, description: str, key: str) -> None:
    world.characters.fail_to_make(description, key=key)


@given("the studio's own store takes nothing")
def takes_nothing(world: World) -> None:
    world.characters.break_the_local_store()


@given("the studio's own store is in order again")
def takes_everything_again(world: World) -> None:
    world.characters.mend_the_local_store()


@when("reference pictures are made of {string}")
def are_made(world: World, description: str) -> None:
    world.characters.make(description)


@when("reference pictures are made of {string} with seed {int}")
def are_made_with_seed(world: World, description: str, seed: int) -> None:
    world.characters.make(description, seed=seed)


@when("reference pictures are made of {string} with the key {string}")
def are_made_with_key(world: World, description: str, key: str) -> None:
    world.characters.make(description, key=key)


@when("reference pictures are made of {string} with a key of {strange_key}")
def are_made_with_strange_key(world: World, description: str, strange: str) -> None:
    world.characters.make_with_strange_key(description, strange)


@when("reference pictures are made of {string} as {kind}")
def are_made_as(world: World, description: str, kind: str) -> None:
    world.characters.make_as(description, kind)


@when("reference pictures are made of {string}, {int} to {int}")
def are_made_in_proportion(world: World, description: str, width: int, height: int) -> None:
    world.characters.make(description, aspect_ratio=f"{width}:{height}")


@when("reference pictures are made of {string}, to be fetched later")
def are_made_for_later(world: World, description: str) -> None:
    world.characters.make(description, include_base64=False)


@when("{int} reference pictures are made of {string}")
def so_many_are_made(world: World, count: int, description: str) -> None:
    world.characters.make(description, num_images=count)


@when("{word} reference pictures are asked for of {string}")
def so_many_are_asked_for(world: World, count: str, description: str) -> None:
    world.characters.make_so_many(description, count)


@when("others look around while reference pictures are made of {string}")
def made_meanwhile(world: World, description: str) -> None:
    world.characters.make_meanwhile(description)


@when("reference pictures of {string} are asked for twice at once with the key {string}")
def twice_at_once(world: World, description: str, key: str) -> None:
    world.characters.send_twice_at_once(description, key)


@when("the same request is sent again")
def sent_again(world: World) -> None:
    world.characters.send_again()


@when("the reference picture {string} is fetched")
def fetch(world: World, image_id: str) -> None:
    world.characters.fetch(image_id)


@when("the picture named with {strange_id} {done_to_it}")
def done_strangely(world: World, strange: str, deed: str) -> None:
    world.characters.do_strangely(strange, deed)


@when("the picture {string} {done_to_it}")
def done_to_nobody(world: World, image_id: str, deed: str) -> None:
    world.characters.do_to_nobody(image_id, deed)


@then("there are {int} reference pictures")
def so_many(world: World, count: int) -> None:
    expect.characters(world).count(count)


@then("each of them can be fetched and is a picture")
def each_fetched(world: World) -> None:
    expect.characters(world).fetched()


@then("each of them is a {kind} file")
def each_of_kind(world: World, kind: str) -> None:
    expect.characters(world).files(kind)


@then("each of them is {int} to {int}")
def each_of_proportion(world: World, width: int, height: int) -> None:
    expect.characters(world).proportions(width, height)


@then("the list shows each of them")
def each_listed(world: World) -> None:
    expect.characters(world).listed()


@then("no two of them are the same")
def all_differ(world: World) -> None:
    expect.characters(world).differ()


@then("they are the same as before")
def same_as_before(world: World) -> None:
    expect.characters(world).same_as_before()


@then("the answer holds none of them")
def answered_without(world: World) -> None:
    expect.characters(world).answered_without()


@then("each of the others was answered meanwhile")
def answered_meanwhile(world: World) -> None:
    expect.characters(world).others_were_answered()


@then("it is answered as before")
def answered_as_before(world: World) -> None:
    expect.characters(world).answered_as_before()


@then("both are answered alike")
def answered_alike(world: World) -> None:
    expect.characters(world).answered_alike()


@then("{int} pictures were painted in all")
def painted_in_all(world: World, count: int) -> None:
    expect.characters(world).painted(count)


@then("nothing was painted for it")
def painted_nothing(world: World) -> None:
    expect.characters(world).painted_nothing()


@then("the list shows {int} pictures more than at first")
def more_than_at_first(world: World, count: int) -> None:
    expect.characters(world).more_than_at_first(count)


@then("no reference picture has come or gone")
def nothing_changed(world: World) -> None:
    expect.characters(world).unchanged()


@then("it is refused as a name that is none")
def refused_as_no_name(world: World) -> None:
    expect.characters(world).refused_as_no_name()


@then("it is said that it is kept on this machine only")
def it_kept_here_only(world: World) -> None:
    expect.characters(world).kept_here_only()


@then("it is said that they are kept on this machine only")
def kept_here_only(world: World) -> None:
    expect.characters(world).kept_here_only()
