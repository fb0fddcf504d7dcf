"""Sentences about the model hub: how it misbehaves, and what it saw."""

from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@given("the hub publishes a wrong checksum for {string}")
def wrong_checksum(world: World, name: str) -> None:
    world.model_hub.publish_a_wrong_checksum(name)


@given("instead of {string} the hub sends {mischief}")
def hub_sends(world: World, name: str, mischief: str) -> None:
    world.model_hub.send_instead(name, mischief)


@given("the hub claims that {string} is {int} byte {wrongly} than it is")
def claims_length(world: World, name: str, count: int, sign: int) -> None:
    world.model_hub.claim_length(name, count * sign)


@given("the hub does not tell the length of {string}")
def tells_no_length(world: World, name: str) -> None:
    world.model_hub.not_tell_the_length(name)


@given("the hub {refusal} {string}")
def hub_refuses(world: World, status: int, name: str) -> None:
    world.model_hub.refuse(name, status)


@given("the hub refuses {string} once")
def hub_refuses_once(world: World, name: str) -> None:
    world.model_hub.refuse_once(name)


@given("the first source of {string} {outage}")
def first_source(world: World, name: str, status: int) -> None:
    world.model_hub.refuse_at_source(name, status)


@given("every source of {string} {outage}")
def every_source(world: World, name: str, status: int) -> None:
    world.model_hub.refuse_at_source(name, status, every=True)


@given("{string} is in early access for {duration}")
def early_access(world: World, name: str, duration: timedelta) -> None:
    world.model_hub.give_early_access(name, duration)


@given("the hub is {mood} for {duration}, told {telling}")
def hub_is_busy(world: World, status: int, duration: timedelta, as_date: bool) -> None:
    world.model_hub.be_busy(duration, status=status, as_date=as_date)


@given("the hub is busy with {string} for {duration}")
def hub_is_busy_with(world: World, name: str, duration: timedelta) -> None:
    world.model_hub.be_busy_with(name, duration)


@given("the hub {hitch} for {string} once")
def hub_hitches(world: World, hitch: str, name: str) -> None:
    world.model_hub.hitch_once(name, hitch)


@given("the hub fails every time it is asked for {string}")
def hub_fails_always(world: World, name: str) -> None:
    world.model_hub.fail_always(name)


@given("the hub's connection breaks after {size} of {string}")
def hub_breaks(world: World, size: Bytes, name: str) -> None:
    world.model_hub.drop_at(name, size)


@given("the hub's connection breaks {number} times before {string} is whole, each time a little later")
def hub_breaks_often(world: World, times: int, name: str) -> None:
    world.model_hub.drop_often(name, times)


@given("the hub falls silent after {size} of {string}")
def hub_falls_silent(world: World, size: Bytes, name: str) -> None:
    world.model_hub.fall_silent_at(name, size)


@given("a connection may be silent for {duration}")
def may_be_silent(world: World, duration: timedelta) -> None:
    world.model_hub.allow_silence(duration)


@given("the hub redirects in circles for {string}")
def hub_circles(world: World, name: str) -> None:
    world.model_hub.redirect_in_circles(name)


@given("the hub redirects {string} to {string}")
def hub_redirects(world: World, name: str, address: str) -> None:
    world.model_hub.redirect(name, address)


@given("the hub cannot be reached")
def hub_is_gone(world: World) -> None:
    world.model_hub.vanish()


@given("the hub holds back the second half of {string}")
def hub_holds_back(world: World, name: str) -> None:
    world.model_hub.hold_back(name)


@given("the hub {inability} of {string}")
def hub_is_unable(world: World, inability: str, name: str) -> None:
    world.model_hub.be_unable(name, inability)


@given("the hub answers with {no_rest} instead of the rest of {string}")
def hub_answers_wrongly(world: World, what: str, name: str) -> None:
    world.model_hub.answer_wrongly(name, what)


@given("the hub has a new edition of {string}")
def hub_renews(world: World, name: str) -> None:
    world.model_hub.renew(name)


@given("each link of the hub to {string} can be used once")
def links_expire(world: World, name: str) -> None:
    world.model_hub.expire_links(name)


@given("the hub gives {string} only to a holder of {string}")
def hub_wants_key(world: World, name: str, key: str) -> None:
    world.model_hub.want_key(name, key)


@given("the hub keeps {string} on another host")
def hub_moves(world: World, name: str) -> None:
    world.model_hub.move_to_second_host(name)


@when("the hub goes on with {string}")
def hub_goes_on(world: World, name: str) -> None:
    world.course.let_go(name)


@when("the hub goes on with {string} after {duration}")
def hub_goes_on_after(world: World, name: str, duration: timedelta) -> None:
    world.course.let_go_after(name, duration)


@when("the hub goes on with a new edition of {string}")
def hub_goes_on_renewed(world: World, name: str) -> None:
    world.model_hub.renew_and_let_go(name)


@when("the hub goes on until everything is downloaded")
def hub_goes_on_until_done(world: World) -> None:
    world.course.go_on_until_done()


@then("the hub was asked for {string} {times}")
def hub_was_asked(world: World, name: str, times: int) -> None:
    expect.hub(world, name).was_asked(times)


@then("the hub was never asked for {string}")
def hub_was_never_asked(world: World, name: str) -> None:
    expect.hub(world, name).was_asked(0)


@then("the hub sends no more of {string}")
def hub_sends_no_more(world: World, name: str) -> None:
    expect.hub(world, name).sends_no_more()


@then("the hub has sent each byte of {string} once")
def each_byte_once(world: World, name: str) -> None:
    expect.hub(world, name).sent_each_byte_once()


@then("the hub has sent at most {size} of {string} twice")
def sent_twice(world: World, size: Bytes, name: str) -> None:
    expect.hub(world, name).sent_twice_at_most(size)


@then("the hub has sent the first byte of {string} {times}")
def first_byte_sent(world: World, name: str, times: int) -> None:
    expect.hub(world, name).sent_the_first_byte(times)


@then("the hub was told of which edition each piece of {string} must be")
def edition_named(world: World, name: str) -> None:
    expect.hub(world, name).was_told_the_edition()


@then("{string} came over more than one connection")
def over_several(world: World, name: str) -> None:
    expect.hub(world, name).used_several_connections()


@then("{string} came over at most {int} connections at once")
def over_at_most(world: World, name: str, count: int) -> None:
    expect.hub(world, name).used_at_most(count)


@then("only the hub itself was shown the key {string}")
def key_shown(world: World, key: str) -> None:
    expect.hub(world).alone_was_shown(key)
