"""What a scenario does with a job's files: puts them into the store, loses them, has them brought back."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import httpx

from support.acts.character_memory import files_of
from support.bdd import StepError
from support.client import Answer
from support.waiting import until

if TYPE_CHECKING:
    from support.character_client import JobAssets as Client
    from support.world import World

NOBODY = "6f1c2c1e-0000-4000-8000-000000000000"
SCENE_BYTES = 1500
SECRET = b"the secret that lies elsewhere"
LINK, HIDDEN = "scenes/a link.mp4", "scenes/.hidden.mp4"
FILM = "final/video.mp4"
ENOUGH = 20


class JobAssets:
    """Verbs on jobs' files; remembers what each consists of, and how the store was before the When."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.files: dict[str, dict[str, bytes]] = {}
        self.editions: dict[str, list[bytes]] = {}
        self.lost: dict[str, set[str]] = {}
        self.damaged = ""
        self.first: Answer | None = None
        self.before: dict[str, str] = {}

    @property
    def _client(self) -> Client:
        return self._world.client.job_assets

    def folder(self, job: str) -> Path:
        return self._world.home / "jobs" / job

    # What a job consists of

    def have(self, job: str, files: Iterable[tuple[str, int]]) -> None:
        for path, size_bytes in files:
            self._write(job, path, _content(f"{job}/{path}", size_bytes))

    def have_scenes(self, job: str, count: int) -> None:
        """Scenes in folders, some within others."""
        paths = (f"scenes/act {number % 7}/take {number % 3}/scene_{number:04}.mp4" for number in range(count))
        self.have(job, [(path, SCENE_BYTES + number) for number, path in enumerate(paths)])

    def have_strange_files(self, job: str) -> None:
        """A link that leads out of the job's folder, and a hidden file."""
        secret = self._world.folder / "secret.txt"
        secret.write_bytes(SECRET)
        (self.folder(job) / LINK).symlink_to(secret)
        (self.folder(job) / HIDDEN).write_bytes(b"hidden")

    def have_editions(self, job: str, count: int) -> None:
        """So many editions of the film, each put into the store before the next is cut."""
        for number in range(1, count + 1):
            film = _content(f"{job}, edition {number}", 4000 + number)
            self.editions.setdefault(job, []).append(film)
            self._write(job, FILM, film)
            self.have_persisted(job)

    def _write(self, job: str, path: str, content: bytes) -> None:
        if not self._world.home.exists():
            self._world.client.health().must()
        place = self.folder(job) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        self.files.setdefault(job, {})[path] = content

    # What is asked of the studio

    def persist(self, job: str) -> None:
        self.remember()
        self._world.ask(self._client.persist(job))

    def have_persisted(self, job: str) -> None:
        self.persist(job)
        self._world.answered.must()

    def restore(self, job: str) -> None:
        self.remember()
        self._world.ask(self._client.restore(job))

    def back_up(self, job: str) -> None:
        self.remember()
        self._world.ask(self._client.backup(job))

    def tidy_up(self, job: str) -> None:
        self.remember()
        self._world.ask(self._client.clean(job))

    def list_versions(self, job: str) -> None:
        self._world.ask(self._client.versions(job).must())

    def bring_back(self, job: str, number: int) -> None:
        self.remember()
        self._world.ask(self._client.bring_back(job, number))

    # Its reference pictures

    def attach(self, job: str, names: list[str]) -> None:
        self._attach(job, [self._world.uploads.of(name).image_id for name in names])

    def have_attached(self, job: str, name: str) -> None:
        self.attach(job, [name])
        self.first = self._world.answered.must()

    def attach_with_nobody(self, job: str, name: str) -> None:
        self._attach(job, [self._world.uploads.of(name).image_id, NOBODY])

    def _attach(self, job: str, image_ids: list[str]) -> None:
        self._world.characters.remember()
        self.remember()
        self._world.ask(self._client.attach(job, image_ids))

    # What goes wrong

    def lose_folder(self, job: str) -> None:
        shutil.rmtree(self.folder(job))

    def lose_a_scene(self, job: str) -> None:
        (self.folder(job) / self._scene(job)).unlink()

    def damage_a_scene(self, job: str) -> None:
        """One byte of it is another in the store, as a bad disk leaves it."""
        self.damaged = self._scene(job)
        place = self._world.home / "store" / key_of(job, self.damaged)
        content = place.read_bytes()
        place.write_bytes(bytes([content[0] ^ 1]) + content[1:])

    def _scene(self, job: str) -> str:
        return max(path for path in self.files[job] if path.startswith("scenes/"))

    def persist_and_kill_the_store(self, job: str) -> None:
        self._persist_until_half_way(job, lambda: self._world.cloud.trouble("is out of order"))

    def persist_and_kill_the_studio(self, job: str) -> None:
        process = self._world.process
        if process is None:
            raise StepError("this kills the studio: have it run in a process of its own first")
        self._persist_until_half_way(job, process.kill)
        self._world.kill()

    def _persist_until_half_way(self, job: str, kill: Callable[[], None]) -> None:
        """Have the job put into the store from a thread of its own; kill when some of it is there, and not all."""
        self._world.client.health().must()
        answers: list[Answer] = []

        def persist() -> None:
            with suppress(httpx.HTTPError):  # the studio is gone
                answers.append(self._client.persist(job))

        thread = threading.Thread(target=persist, name="persists")
        thread.start()
        half = until(lambda: len(self._world.cloud.bucket.keys()) >= ENOUGH)
        kill()
        thread.join()
        if not half or any(answer.accepted for answer in answers):
            raise StepError("the job was in the store before anything could be killed")
        if answers:
            self._world.ask(answers[0])

    # The store

    def remember(self) -> None:
        self.before = self.stored_sums()

    def stored_sums(self) -> dict[str, str]:
        """Checksums of what lies in the store, wherever that is, by the objects' keys."""
        return self._world.cloud.checksums() or files_of(self._world.home / "store")

    def stored(self, key: str) -> bytes | None:
        """One object, wherever the store is; None when there is none."""
        if self._world.cloud.in_use:
            return self._world.cloud.objects().get(key)
        place = self._world.home / "store" / key
        return place.read_bytes() if place.is_file() else None


def key_of(job: str, path: str) -> str:
    """Where the store keeps a file of a job, as it is agreed."""
    return f"videos/{job}/{path}" if path.startswith("final/") else f"videos/{job}/intermediate/{path}"


def _content(name: str, size_bytes: int) -> bytes:
    """So many bytes, the same for the same name; a document where the name says so."""
    noise = random.Random(name).randbytes(size_bytes)
    if PurePosixPath(name).suffix != ".json":
        return noise
    text = json.dumps({"title": "Nachtflug über Köln", "noise": noise.hex()}, ensure_ascii=False, indent=1)
    return text.encode()
