"""The library on SQLite and on PostgreSQL: what is written is read back as it was, after a restart too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.library.listing import Wanted
from app.model_files import ModelKind
from tests.postgresql import database_url, postgresql_server, postgresql_url
from tests.shelf_of_models import LORAS, Home, entry, named, put

__all__ = ["database_url", "postgresql_server", "postgresql_url"]


@pytest.fixture
def home(tmp_path: Path, database_url: str) -> Home:
    home = Home(tmp_path)
    home.database_url = database_url
    return home


def test_every_fact_of_a_model_outlasts_a_restart(home: Home) -> None:
    root = str(home.loras)
    moment = datetime(2026, 3, 2, 13, 30, 15, 123456, timezone(timedelta(hours=5, minutes=30)))
    plain = entry("plain", root=root)
    full = entry(
        "ölbild 日本",
        root=root,
        folder="a/b",
        autov3="a" * 12,
        size_bytes=2**50,
        mtime_ns=2**62,
        base_model="SDXL 1.0",
        tags=("oil", 'a "quoted" one', "日本"),
        trained_words=("neon",),
        favorite=True,
        notes="two\nlines",
        model_id=2**40,
        model_version_id=7,
        mature=True,
        excluded=True,
        preview="a.png",
        sidecar_stamp=".json:1:2",
        sidecar_fault="it is empty",
        added_at=moment,
        modified_at=moment + timedelta(days=1),
    )
    for _ in range(2):
        with home.library() as library:
            with library.changing() as changing:
                changing.put(plain, full)
            assert library.rows(LORAS).damaged == []
        with home.library() as library:
            for model in (plain, full):
                found = library.entry(LORAS, model.id)
                assert found == model
                assert found.added_at.astimezone(UTC).utcoffset() == timedelta(0)
            assert library.rows(LORAS).models == library.rows(LORAS).models, "read again, and nothing is another"


def test_models_change_places_are_dropped_and_are_found(home: Home) -> None:
    root = str(home.loras)
    one, other, third = (entry(name, root=root) for name in ("a", "b", "c"))
    with home.library() as library:
        with library.changing() as changing:
            changing.put(one, other, third)
        with library.changing() as changing:
            changing.put(
                replace(one, name="b", file_name="b.safetensors"), replace(other, name="a", file_name="a.safetensors")
            )
            changing.drop(third.id)
            assert changing.at(replace(one, id="")) == [other.id]
    with home.library() as library:
        assert [(model.name, model.id) for model in library.page(LORAS).items] == [("a", other.id), ("b", one.id)]


def test_a_scan_fills_keeps_and_clears_it(home: Home) -> None:
    path = put(home.loras, "x/neon.ckpt")
    put(home.loras, "old.ckpt")
    with home.library() as library:
        assert library.scan(LORAS).added == 2
        assert library.scan(LORAS).changed == 0
        path.rename(home.loras / "city.ckpt")
        (home.loras / "old.ckpt").unlink()
        report = library.scan(LORAS)
        assert (report.added, report.changed, report.gone) == (0, 1, 1)
    with home.library() as library:
        assert named(library) == ["city.ckpt"]
        assert library.page(LORAS, Wanted(search="citty")).total == 1
        assert library.scan(ModelKind.CHECKPOINTS).found == 0
        library.forget("default")
        library.settings_changed()
    with home.library() as library:
        assert named(library) == []
