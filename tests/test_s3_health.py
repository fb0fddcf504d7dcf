"""What the studio says of its store when it is asked how it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.database import Database
from app.generation.port import Condition
from app.health import Health, HealthView
from app.settings import Settings
from app.storage.building import build_store
from support.servers.s3 import Bucket, S3Server
from support.waiting import until
from tests.s3 import bucket, own_server

__all__ = ["bucket", "own_server"]


class Asked:
    """A studio's health, with whatever store the settings ask for."""

    def __init__(self, home: Path, **chosen: Any) -> None:
        self.settings = Settings.exactly(studio_home=home, **chosen)
        self.database = Database(f"sqlite:///{home / 'studio.db'}")
        self.database.create_tables()
        self.store = build_store(self.settings)
        self.health = Health(
            settings=self.settings, database=self.database, backend=lambda: Condition("ready"), store=self.store
        )

    def look(self) -> HealthView:
        return self.health.look()

    def close(self) -> None:
        self.store.close()
        self.database.close()


@pytest.fixture
def ends() -> Iterator[list[Asked]]:
    asked: list[Asked] = []
    yield asked
    for each in asked:
        each.close()


def asked(ends: list[Asked], home: Path, **chosen: Any) -> Asked:
    ends.append(Asked(home, **chosen))
    return ends[-1]


def test_a_studio_on_the_folder_is_ready(ends: list[Asked], tmp_path: Path) -> None:
    view = asked(ends, tmp_path).look()
    assert (view.status, view.parts["store"]) == ("ready", "ready")


def test_a_studio_whose_folder_is_in_trouble_has_failed(ends: list[Asked], tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file in the way")
    view = asked(ends, tmp_path).look()
    assert view.status == "failed"
    assert "cannot be written" in view.parts["store"]


def test_a_studio_whose_bucket_answers_is_ready(ends: list[Asked], tmp_path: Path, bucket: Bucket) -> None:
    studio = asked(ends, tmp_path, **bucket.settings)
    assert until(lambda: studio.look().status == "ready")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"aws_secret_access_key": "wrong"}, "AWS_SECRET_ACCESS_KEY"),
        ({"storage_bucket": "no-such-bucket"}, "STORAGE_BUCKET"),
        ({"aws_endpoint_url": "http://127.0.0.1:9"}, "AWS_ENDPOINT_URL"),
    ],
)
def test_a_studio_whose_bucket_cannot_be_used_is_degraded_and_says_what_to_look_at(
    ends: list[Asked], tmp_path: Path, bucket: Bucket, changes: dict[str, Any], told: str
) -> None:
    studio = asked(ends, tmp_path, **{**bucket.settings, **changes})
    assert until(lambda: told in studio.look().parts["store"])
    assert studio.look().status == "degraded"


def test_nobody_who_asks_how_the_studio_is_waits_for_a_bucket_that_hangs(
    ends: list[Asked], tmp_path: Path, own_server: S3Server
) -> None:
    studio = asked(ends, tmp_path, **own_server.bucket().settings)
    own_server.freeze()
    began = time.monotonic()
    looks = 0
    # The store is given up after two seconds: had anybody waited for it, there would be one look in that time.
    while time.monotonic() - began < 1.5:
        assert studio.look().status == "degraded"
        looks += 1
    assert looks >= 5
    assert "does not answer" in studio.look().parts["store"]
    own_server.thaw()
    assert until(lambda: studio.look().status == "ready")
