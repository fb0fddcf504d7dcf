"""Sentences about the provider that paints characters for money."""

from datetime import timedelta

from support import (
    character_words,  # noqa: F401  # read for the words that it makes known
    expect,
)
from support.bdd import given, then, when
from support.world import World


@given("the provider {provider_fault} once, after {int} picture")
def faulty_once(world: World, fault: str, after: int) -> None:
    world.characters.trouble_provider(fault, times=1, after=after)


@given("the provider {provider_fault} every picture")
def faulty(world: World, fault: str) -> None:
    world.characters.trouble_provider(fault)


@given("the provider works again")
def works_again(world: World) -> None:
    world.replicate.works_again()


@given("the provider takes nothing for {duration}")
def throttles(world: World, length: timedelta) -> None:
    world.provider.throttle(length)


@given("the studio has no token for the provider")
def no_token(world: World) -> None:
    world.provider.have_no_token()


@when("reference pictures are made of {string}, and every wait passes")
def made_through_waits(world: World, description: str) -> None:
    world.characters.make_through_waits(description)


@then("it is said that {int} of them could not be made")
def so_many_failed(world: World, count: int) -> None:
    expect.characters(world).failures_told(count)


@then("it is told that the provider has failed")
def provider_failed(world: World) -> None:
    expect.characters(world).provider_told_as_failed()


@then("it is told that the studio lacks {string}")
def lacks(world: World, setting: str) -> None:
    expect.characters(world).lacks(setting)


@then("the provider was paid for {int} pictures")
def paid_for(world: World, count: int) -> None:
    expect.characters(world).paid_for(count)
