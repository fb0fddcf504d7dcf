"""Sentences about the files of jobs: their reference pictures, the store that keeps them, their versions."""

from dataclasses import dataclass

from support import expect
from support.bdd import given, then, when
from support.parameter_types import Bytes
from support.world import World


@dataclass(frozen=True)
class File:
    """A file of a job. file: its path in the job's folder."""

    file: str
    size: Bytes


@given("the job {string} has these files")
def has_files(world: World, job: str, table: list[File]) -> None:
    world.job_assets.have(job, [(row.file, row.size) for row in table])


@given("the job {string} has {int} scenes in nested folders")
def has_scenes(world: World, job: str, count: int) -> None:
    world.job_assets.have_scenes(job, count)


@given("in the folder of the job {string} lie a link to a secret, and a hidden file")
def has_strange_files(world: World, job: str) -> None:
    world.job_assets.have_strange_files(job)


@given("the job {string} was put into the store")
def was_persisted(world: World, job: str) -> None:
    world.job_assets.have_persisted(job)


@given("the folder of the job {string} is lost")
def folder_lost(world: World, job: str) -> None:
    world.job_assets.lose_folder(job)


@given("one scene of the job {string} is lost")
def scene_lost(world: World, job: str) -> None:
    world.job_assets.lose_a_scene(job)


@given("one scene of the job {string} was damaged in the store")
def scene_damaged(world: World, job: str) -> None:
    world.job_assets.damage_a_scene(job)


@given("{string} was attached to the job {string}")
def was_attached(world: World, name: str, job: str) -> None:
    world.job_assets.have_attached(job, name)


@given("{int} versions are kept")
def versions_kept(world: World, count: int) -> None:
    world.decide(asset_backup_limit=count)


@given("{number} edition(s) of the film of the job {string} was/were put into the store")
def has_few_editions(world: World, count: int, job: str) -> None:
    world.job_assets.have_editions(job, count)


@given("{int} editions of the film of the job {string} were put into the store")
def has_editions(world: World, count: int, job: str) -> None:
    world.job_assets.have_editions(job, count)


@when("{string} is/are attached to the job {string}")
def attach(world: World, names: str, job: str) -> None:
    world.job_assets.attach(job, names.split(", "))


@when("{string} and a picture that never was are attached to the job {string}")
def attach_with_nobody(world: World, name: str, job: str) -> None:
    world.job_assets.attach_with_nobody(job, name)


@when("the job {string} is put into the store")
def persist(world: World, job: str) -> None:
    world.job_assets.persist(job)


@when("the job {string} is put into the store, which is killed half-way")
def persist_and_kill_the_store(world: World, job: str) -> None:
    world.job_assets.persist_and_kill_the_store(job)


@when("the job {string} is put into the store, and the studio is killed half-way")
def persist_and_kill_the_studio(world: World, job: str) -> None:
    world.job_assets.persist_and_kill_the_studio(job)


@when("the job {string} is brought back")
def restore(world: World, job: str) -> None:
    world.job_assets.restore(job)


@when("the job {string} is backed up")
def back_up(world: World, job: str) -> None:
    world.job_assets.back_up(job)


@when("the job {string} is tidied up in the store")
def tidy_up(world: World, job: str) -> None:
    world.job_assets.tidy_up(job)


@when("the versions of the job {string} are listed")
def list_versions(world: World, job: str) -> None:
    world.job_assets.list_versions(job)


@when("version {int} of the job {string} is brought back")
def bring_back(world: World, number: int, job: str) -> None:
    world.job_assets.bring_back(job, number)


@then("the job {string} has {string} and {string}, byte for byte")
def has_two_pictures(world: World, job: str, one: str, other: str) -> None:
    expect.job_assets(world).has_pictures(job, [one, other])


@then("the job {string} has {string}, byte for byte")
def has_picture(world: World, job: str, name: str) -> None:
    expect.job_assets(world).has_pictures(job, [name])


@then("the job {string} has {string} in the bucket, where it is agreed")
def has_picture_in_bucket(world: World, job: str, name: str) -> None:
    expect.job_assets(world).has_pictures(job, [name])


@then("nothing is told as missing")
def nobody_missing(world: World) -> None:
    expect.job_assets(world).nobody_missing()


@then("the picture that never was is told as missing")
def unknown_is_missing(world: World) -> None:
    expect.job_assets(world).the_unknown_is_missing()


@then("it is answered as the first time")
def as_the_first_time(world: World) -> None:
    expect.job_assets(world).answered_as_the_first_time()


@then("the job {string} is whole, byte for byte")
def is_whole(world: World, job: str) -> None:
    expect.job_assets(world).whole(job)


@then("it is told that {int} file(s) was/were brought back")
def brought_back(world: World, count: int) -> None:
    expect.job_assets(world).brought_back(count)


@then("it is told that nothing was stored anew")
def nothing_stored(world: World) -> None:
    expect.job_assets(world).nothing_stored()


@then("nothing in the store has changed")
def store_unchanged(world: World) -> None:
    expect.job_assets(world).store_unchanged()


@then("the bucket holds each file of the job {string} where it is agreed")
def each_where_agreed(world: World, job: str) -> None:
    expect.job_assets(world).each_where_agreed(job)


@then("the link and the hidden file of the job {string} are told, and are not in the store")
def strangers_left_out(world: World, job: str) -> None:
    expect.job_assets(world).strangers_left_out(job)


@then("the secret is nowhere in the store")
def secret_is_nowhere(world: World) -> None:
    expect.job_assets(world).secret_is_nowhere()


@then("there is no folder of the job {string}")
def no_folder(world: World, job: str) -> None:
    expect.job_assets(world).no_folder(job)


@then("it fails, and says which scene is damaged")
def damage_told(world: World) -> None:
    expect.job_assets(world).damage_told()


@then("the store shows nothing of the job {string}")
def shows_nothing(world: World, job: str) -> None:
    expect.job_assets(world).shows_nothing(job)


@then("a second run puts the job {string} into the store, whole")
def completed(world: World, job: str) -> None:
    expect.job_assets(world).completed_by_a_second_run(job)


@then("the store holds of the job {string} its film alone")
def film_alone(world: World, job: str) -> None:
    expect.job_assets(world).film_alone(job)


@then("the film of the job {string} is edition {int}")
def film_is(world: World, job: str, number: int) -> None:
    expect.job_assets(world).film_is(job, number)


@then("no edition of the film of the job {string} is lost")
def no_edition_lost(world: World, job: str) -> None:
    expect.job_assets(world).no_edition_lost(job)


@then("there are the versions {int} to {int} of the job {string}, in the order of their numbers")
def versions_are(world: World, first: int, last: int, job: str) -> None:
    expect.job_assets(world).versions(job, list(range(first, last + 1)))


@then("each version of the job {string} is the edition of its number")
def each_is_its_edition(world: World, job: str) -> None:
    expect.job_assets(world).each_is_its_edition(job)
