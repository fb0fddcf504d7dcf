"""What must be true of a job's files: in the store, on this machine, in their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.acts.job_assets import FILM, HIDDEN, LINK, NOBODY, SECRET, key_of
from support.bdd import StepError
from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.acts.job_assets import JobAssets
    from support.world import World

MANIFEST = "metadata.json"


class ExpectJobAssets(Expectation):
    """Checks on one job, looked at in the store and on the disk."""

    @property
    def _assets(self) -> JobAssets:
        return self._world.job_assets

    # Reference pictures

    def has_pictures(self, job: str, names: list[str]) -> None:
        """In the store and in the job's folder; an address of each is told."""
        answer = self._world.answered
        self._hold(answer.accepted, "they are attached", f"it was refused: {answer.reason}")
        told = answer.body["associated"]
        self._hold(len(told) == len(names), f"{len(names)} are told as attached", f"{len(told)} are")
        for name in names:
            uploaded = self._world.uploads.of(name)
            path = f"character_reference/{uploaded.image_id}.png"
            stored, local = self._assets.stored(key_of(job, path)), self._assets.folder(job) / path
            self._hold(stored == uploaded.given, f"the store has “{name}” for the job {job}", "it has not")
            here = local.is_file() and local.read_bytes() == uploaded.given
            self._hold(here, f"the folder of the job {job} has “{name}”", "it has not")

    def addresses_are_the_studios_own(self) -> None:
        for address in self._world.answered.must().body["associated"]:
            answer = self._world.client.ask("GET", address)
            self._hold(answer.accepted, f"{address} can be fetched", answer.reason)

    def missing(self, wanted: list[str]) -> None:
        told = self._world.answered.must().body["missing"]
        self._hold(told == wanted, f"told as missing are {wanted}", f"told are {told}")

    def nobody_missing(self) -> None:
        self.missing([])
        self.addresses_are_the_studios_own()

    def the_unknown_is_missing(self) -> None:
        self.missing([NOBODY])

    def answered_as_the_first_time(self) -> None:
        first = self._assets.first
        if first is None:
            raise StepError("nothing was attached before")
        now = self._world.answered.must().body
        self._hold(now == first.body, "it is answered as the first time", f"now {now}, then {first.body}")

    # Whole jobs

    def whole(self, job: str) -> None:
        """The folder on this machine has each file byte for byte, and no other."""
        self._hold(self._world.answered.accepted, f"the job {job} is brought back", self._world.answered.reason)
        folder, wanted = self._assets.folder(job), self._assets.files[job]
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        gone, new = sorted(wanted.keys() - found), sorted(found - wanted.keys())
        self._hold(not gone and not new, f"the job {job} is whole", f"missing are {gone[:5]}, too many are {new[:5]}")
        others = [path for path, content in wanted.items() if (folder / path).read_bytes() != content]
        self._hold(not others, f"the job {job} is whole, byte for byte", f"other bytes are in {others[:5]}")
        beside = sorted(path.name for path in folder.parent.iterdir() if path != folder)
        self._hold(not beside, "nothing lies beside the job's folder", f"there are {beside}")

    def brought_back(self, count: int) -> None:
        told = len(self._world.answered.must().body["restored"])
        self._hold(told == count, f"it is told that {count} files were brought back", f"{told} are told")

    def nothing_stored(self) -> None:
        told = self._world.answered.must().body["stored"]
        self._hold(told == [], "it is told that nothing was stored anew", f"told are {told}")

    def store_unchanged(self) -> None:
        before, now = self._assets.before, self._assets.stored_sums()
        changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        self._hold(not changed, "nothing in the store has changed", f"changed have {changed[:5]}")

    def each_where_agreed(self, job: str) -> None:
        """Under the key that is published for it; its own metadata stands in what the store knows of the job."""
        for path, content in self._assets.files[job].items():
            stored = self._assets.stored(key_of(job, path))
            fits = stored is not None and (stored == content or path == MANIFEST)
            self._hold(fits, f"the bucket holds {path} as {key_of(job, path)}", "it does not")

    def no_folder(self, job: str) -> None:
        """What is being brought back may wait beside it under another name, for the next run."""
        folder = self._assets.folder(job)
        self._hold(not folder.exists(), f"there is no folder of the job {job}", "there is one")

    def strangers_left_out(self, job: str) -> None:
        told = {one["path"] for one in self._world.answered.must().body["left_out"]}
        self._hold(told == {LINK, HIDDEN}, "the link and the hidden file are told", f"told are {sorted(told)}")
        stored = [path for path in (LINK, HIDDEN) if self._assets.stored(key_of(job, path)) is not None]
        self._hold(not stored, "they are not in the store", f"{stored} are")

    def secret_is_nowhere(self) -> None:
        files = [path for path in (self._world.home / "store").rglob("*") if path.is_file()]
        found = [path.name for path in files if SECRET in path.read_bytes()]
        self._hold(not found, "the secret is nowhere in the store", f"it is in {found}")

    def damage_told(self) -> None:
        answer = self._world.answered
        self._hold(not answer.accepted, "it fails", "the job is told as brought back")
        named = self._assets.damaged in answer.reason
        self._hold(named, f"it says that {self._assets.damaged} is damaged", f"it says: {answer.reason}")

    # Half-way

    def shows_nothing(self, job: str) -> None:
        """Once the store can be looked at again: the job is not there, for anybody."""
        answer = self._asked_once_in_order(job)
        self._hold(answer.status == 404, f"the store shows nothing of the job {job}", f"{answer.status}: {answer.body}")
        restored = self._world.client.job_assets.restore(job)
        self._hold(not restored.accepted, "it cannot be brought back", "half of it was brought back")

    def _asked_once_in_order(self, job: str) -> Any:
        if self._world.cloud.is_broken:
            self._world.cloud.mend("is in order again")
        return self._world.client.job_assets.assets(job)

    def completed_by_a_second_run(self, job: str) -> None:
        """And then it comes back whole, with nothing left over in the store."""
        answer = self._world.client.job_assets.persist(job)
        self._hold(answer.accepted, f"a second run puts the job {job} into the store", answer.reason)
        self._assets.lose_folder(job)
        self._assets.restore(job)
        self.whole(job)
        wanted = {key_of(job, path) for path in self._assets.files[job]} | {key_of(job, MANIFEST)}
        left = sorted(set(self._world.cloud.bucket.keys()) - wanted)
        self._hold(not left, "nothing is left over in the store", f"there are {left[:5]}")

    def film_alone(self, job: str) -> None:
        self._hold(self._world.answered.accepted, "the job is tidied up", self._world.answered.reason)
        wanted = {key_of(job, FILM), key_of(job, MANIFEST)}
        left = {key for key in self._assets.stored_sums() if key.startswith("videos/")}
        self._hold(left == wanted, f"the store holds the film of the job {job} alone", f"it holds {sorted(left)}")
        here = self._assets.folder(job)
        kept = all((here / path).is_file() for path in self._assets.files[job])
        self._hold(kept, "the files on this machine are kept", "some are gone")

    # Versions

    def film_is(self, job: str, number: int) -> None:
        """In the store, and on this machine."""
        self._hold(self._world.answered.accepted, "it is brought back", self._world.answered.reason)
        wanted = self._assets.editions[job][number - 1]
        stored, here = self._assets.stored(key_of(job, FILM)), (self._assets.folder(job) / FILM).read_bytes()
        self._hold(stored == wanted, f"the film in the store is edition {number}", self._edition(job, stored))
        self._hold(here == wanted, f"the film on this machine is edition {number}", self._edition(job, here))

    def no_edition_lost(self, job: str) -> None:
        kept = [
            self._assets.stored(key) for key in self._assets.stored_sums() if key.startswith(f"videos/{job}/final/")
        ]
        lost = [number for number, film in enumerate(self._assets.editions[job], 1) if film not in kept]
        self._hold(not lost, "no edition of the film is lost", f"lost are {lost}")

    def versions(self, job: str, wanted: list[int]) -> None:
        listed = self._world.client.job_assets.versions(job).must().body["versions"]
        told = [one["version"] for one in listed]
        self._hold(told == wanted, f"there are the versions {wanted}, in this order", f"there are {told}")
        kept = {key for key in self._assets.stored_sums() if key.startswith(f"videos/{job}/final/video_v")}
        agreed = {key_of(job, f"final/video_v{number}.mp4") for number in wanted}
        self._hold(kept == agreed, f"kept are {sorted(agreed)}", f"kept are {sorted(kept)}")

    def each_is_its_edition(self, job: str) -> None:
        for one in self._world.client.job_assets.versions(job).must().body["versions"]:
            number = one["version"]
            stored = self._assets.stored(key_of(job, f"final/video_v{number}.mp4"))
            same = stored == self._assets.editions[job][number - 1]
            self._hold(same, f"version {number} is edition {number}", self._edition(job, stored))

    def _edition(self, job: str, content: bytes | None) -> str:
        editions = self._assets.editions[job]
        return f"it is edition {editions.index(content) + 1}" if content in editions else "it is none of them"


def job_assets(world: World) -> ExpectJobAssets:
    """Checks on the files of jobs."""
    return ExpectJobAssets(world)
