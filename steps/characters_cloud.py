"""Sentences about the cloud that pictures are kept in: links, outages, keys, settings."""

from datetime import timedelta

from support import (
    character_words,  # noqa: F401  # read for the words that it makes known
    expect,
)
from support.bdd import given, then, when
from support.world import World


@given("the studio keeps its pictures on S3")
def on_s3(world: World) -> None:
    world.cloud.use()


@given("the studio keeps its pictures on S3, at a server that may fail")
def on_own_s3(world: World) -> None:
    world.cloud.use_a_server_that_may_fail()


@given("the studio keeps its pictures on S3, but its bucket {bucket_trouble}")
def on_s3_in_trouble(world: World, trouble: str) -> None:
    world.cloud.use_with(trouble)


@given("cloud serving is on")
def cloud_serving(world: World) -> None:
    world.cloud.serve()


@given("links are good for {duration}")
def links_good_for(world: World, length: timedelta) -> None:
    world.cloud.have_links_good_for(length)


@given("the store may only be read")
def only_read(world: World) -> None:
    world.cloud.only_read()


@given("the store {store_trouble}")
def store_in_trouble(world: World, trouble: str) -> None:
    world.cloud.trouble(trouble)


@given("the store {store_mended}")
def store_mended(world: World, how: str) -> None:
    world.cloud.mend(how)


@given("the copies on this machine are lost")
def copies_lost(world: World) -> None:
    world.cloud.lose_local_copies()


@given("the studio was set up anew on an empty machine")
def set_up_anew(world: World) -> None:
    world.cloud.start_on_an_empty_machine()


@given("a link to {string} was fetched")
def link_fetched(world: World, name: str) -> None:
    world.cloud.fetch_link(world.uploads.of(name).image_id)


@given("the studio's log is read along")
def log_read_along(world: World) -> None:
    world.cloud.read_log_along()


@given("{published_setting} is set to {string}")
def setting_is(world: World, name: str, value: str) -> None:
    world.cloud.set(name, value)


@given("a holder of {string} had reference pictures made")
def made_with_key(world: World, key: str) -> None:
    world.callers.have_made(key)


@when("{string} is fetched by somebody who follows")
def follow(world: World, name: str) -> None:
    world.cloud.follow(world.uploads.of(name).image_id)


@when("{string} is fetched by somebody who cannot follow")
def ask_for_proxy(world: World, name: str) -> None:
    world.cloud.ask_for_proxy(world.uploads.of(name).image_id)


@when("the time of the link has run out")
def link_has_run_out(world: World) -> None:
    world.cloud.wait_for_its_end()


@when("the link to {string} is used {misuse}, such as that of {string}")
def misuse(world: World, name: str, how: str, other: str) -> None:
    world.cloud.misuse(how, world.uploads.of(name).image_id, world.uploads.of(other).image_id)


@when("the store {store_mended}")
def mend(world: World, how: str) -> None:
    world.cloud.mend(how)


@when("the studio is started")
def start(world: World) -> None:
    world.studio.start()


@when("the studio is asked how it keeps its pictures")
def ask_for_settings(world: World) -> None:
    world.ask(world.client.characters.config())


@when("a holder of {string} has reference pictures made")
def make_with_key(world: World, key: str) -> None:
    world.callers.make(key)


@when("somebody without a key has reference pictures made")
def make_without_key(world: World) -> None:
    world.callers.make(None)


@when("somebody without a key fetches the first of them")
def fetch_without_key(world: World) -> None:
    world.callers.fetch_without_key()


@when("somebody who calls the studio {string} has reference pictures made")
def make_by_another_name(world: World, host: str) -> None:
    world.callers.make_as_called(host)


@then("a link to {string} is told, as it is agreed")
def told_as_agreed(world: World, name: str) -> None:
    expect.cloud(world).told_as_agreed(name)


@then("the link opens {string} byte for byte")
def link_opens(world: World, name: str) -> None:
    expect.cloud(world).link_opens(name)


@then("a new link opens {string} byte for byte")
def new_link_opens(world: World, name: str) -> None:
    expect.cloud(world).new_link_opens(name)


@then("what is told of it opens {string} byte for byte")
def told_addresses_open(world: World, name: str) -> None:
    expect.cloud(world).told_addresses_open(name)


@then("each of them has a link that opens it")
def each_has_a_link(world: World) -> None:
    expect.cloud(world).each_has_a_link()


@then("the bucket holds each of them where it is agreed")
def holds_the_set(world: World) -> None:
    expect.cloud(world).holds_the_set()


@then("one step leads to {string}, byte for byte")
def one_step(world: World, name: str) -> None:
    expect.cloud(world).one_step_leads_to(name)


@then("the link opens nothing")
def opens_nothing(world: World) -> None:
    expect.cloud(world).opens_nothing()


@then("nothing was opened")
def opened_nothing(world: World) -> None:
    expect.cloud(world).opened_nothing()


@then("the link is the same as before")
def same_link(world: World) -> None:
    expect.cloud(world).same_link()


@then("neither the link nor what it was signed with is kept or logged")
def told_nowhere(world: World) -> None:
    expect.cloud(world).told_nowhere()


@then("neither {string} nor {string} is told anywhere")
def neither_told(world: World, one: str, other: str) -> None:
    expect.cloud(world).neither_told([one, other])


@then("the key that was missing is asked for")
def asks_for_the_key(world: World) -> None:
    expect.characters(world).asks_for_the_key()


@then("the bucket holds {string} and {string} as they were")
def holds_two(world: World, one: str, other: str) -> None:
    expect.cloud(world).holds([one, other])


@then("the bucket soon holds {string} and {string} as they were")
def soon_holds_two(world: World, one: str, other: str) -> None:
    expect.cloud(world).soon_holds([one, other])


@then("the bucket holds {string}, and no other picture")
def holds_only(world: World, name: str) -> None:
    expect.cloud(world).holds_only(name)


@then("the bucket holds no picture")
def holds_none(world: World) -> None:
    expect.cloud(world).holds_none()


@then("the bucket holds it as the studio tells it")
def holds_what_comes_back(world: World) -> None:
    expect.cloud(world).holds_what_comes_back()


@then("{string} is sent byte for byte, within {duration}")
def sent_within(world: World, name: str, length: timedelta) -> None:
    expect.cloud(world).sent_within(name, length)


@then("it is told as out of reach, within {duration}")
def out_of_reach(world: World, length: timedelta) -> None:
    expect.cloud(world).out_of_reach(length)


@then("{string} can soon be had again, byte for byte")
def had_again(world: World, name: str) -> None:
    expect.cloud(world).had_again(name)


@then("the studio's health soon tells of its store")
def health_tells(world: World) -> None:
    expect.cloud(world).health_tells()


@then("no key of the bucket is told")
def tells_no_key(world: World) -> None:
    expect.cloud(world).tells_no_key()


@then("it tells")
def tells(world: World, table: dict[str, str]) -> None:
    expect.cloud(world).tells_settings(table)


@then("it does not start because {string}")
def does_not_start(world: World, why: str) -> None:
    expect.cloud(world).does_not_start(why)
