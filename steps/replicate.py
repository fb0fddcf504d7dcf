"""Sentences about a provider that is paid for each picture, and about characters that pictures follow."""

from datetime import timedelta

from support import expect
from support.bdd import given, then, when
from support.world import World


@given("the answer to the first order is lost")
def answer_lost(world: World) -> None:
    world.provider.lose_the_answer()


@given("the first order is lost on its way")
def order_lost(world: World) -> None:
    world.provider.drop_the_order()


@given("the provider asks for payment")
def asks_for_payment(world: World) -> None:
    world.provider.ask_for_payment()


@given("the provider has revoked the token")
def revoked(world: World) -> None:
    world.provider.revoke_the_token()


@given("the provider tells the studio what is done")
def tells(world: World) -> None:
    world.provider.tell_the_studio()


@given("the provider tells the studio everything twice")
def tells_twice(world: World) -> None:
    world.provider.tell_twice()


@given("the provider's word is signed by somebody else")
def signed_wrongly(world: World) -> None:
    world.provider.sign_wrongly()


@given("the model takes several reference pictures")
def takes_several(world: World) -> None:
    world.provider.paint_with_several_references()


@given("{string} was asked for with {int} of the character's reference pictures")
def was_asked_for_with(world: World, prompt: str, count: int) -> None:
    world.followed.have_asked(prompt, count)


@given("a job for {string} that follows {string} is running")
def job_that_follows(world: World, prompt: str, name: str) -> None:
    world.followed.start(prompt, name)


@when("{duration} pass at the provider")
def time_passes(world: World, duration: timedelta) -> None:
    world.clock.advance(duration)


@when("the provider finishes it while the studio is being restarted")
def finishes_meanwhile(world: World) -> None:
    world.provider.finish_while_the_studio_restarts()


@when("{string} is asked for with {int} of the character's reference pictures")
def asked_for_with(world: World, prompt: str, count: int) -> None:
    world.followed.ask(prompt, count)


@when("{string} is asked for with the same reference pictures the other way round")
def asked_for_reversed(world: World, prompt: str) -> None:
    world.followed.ask_the_other_way_round(prompt)


@when("{string} is asked for with {no_character}")
def asked_for_with_none(world: World, prompt: str, what: str) -> None:
    world.followed.ask_with(prompt, what)


@then("the provider keeps nothing of {string}")
def keeps_nothing(world: World, prompt: str) -> None:
    expect.provider(world).keeps_nothing_of(prompt)


@then("{string} was ordered {times}")
def ordered(world: World, prompt: str, times: int) -> None:
    expect.provider(world).was_ordered(prompt, times)


@then("nothing is left to pay for")
def nothing_left(world: World) -> None:
    expect.provider(world).paints_nothing()


@then("the studio was told of {string}")
def was_told(world: World, prompt: str) -> None:
    expect.provider(world).told_of(prompt)


@then("the studio believed nothing of what it was told")
def believed_nothing(world: World) -> None:
    expect.provider(world).was_never_believed()


@then("the provider was given the character's {int} reference pictures, in their order")
def was_given(world: World, count: int) -> None:
    expect.provider(world).was_given_the_character(count)


@then("the picture names the character's reference picture")
def names_the_character(world: World) -> None:
    expect.provider(world).picture_names_the_character()


@then("it is refused because the job {string} uses it")
def refused_for_the_job(world: World, prompt: str) -> None:
    expect.refused(world).because(world.jobs.id(prompt))
