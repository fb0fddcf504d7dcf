"""Watched folders: what changes in them is scanned, what is hidden is not, and nothing is left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.library.watching import Watching, kinds_of
from app.model_files import ModelKind
from support.waiting import until
from tests.shelf_of_models import LORAS, Home, named, put

CHECKPOINTS = ModelKind.CHECKPOINTS


class Scanned:
    """Counts the scans of each kind; fails where it is told to."""

    def __init__(self) -> None:
        self.kinds: list[ModelKind] = []
        self.fails = False

    def scan(self, kind: ModelKind) -> None:
        self.kinds.append(kind)
        if self.fails:
            raise RuntimeError("the disk is gone")

    def count(self, kind: ModelKind) -> int:
        return self.kinds.count(kind)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def scanned() -> Scanned:
    return Scanned()


@pytest.fixture
def watching(home: Home, scanned: Scanned) -> Iterator[Watching]:
    watching = Watching(library=scanned, roots=lambda: {kind: tuple(home.roots[kind]) for kind in ModelKind})
    yield watching
    watching.close()
    assert "library-watch" not in {thread.name for thread in threading.enumerate()}


def settled(watching: Watching, scanned: Scanned) -> None:
    """Begin, and wait until everything has been looked at once more after the watch began."""
    watching.start()
    assert until(lambda: len(scanned.kinds) >= 2 * len(ModelKind))
    scanned.kinds.clear()


def test_nothing_runs_before_it_is_asked_for(watching: Watching, scanned: Scanned) -> None:
    assert "library-watch" not in {thread.name for thread in threading.enumerate()}
    assert scanned.kinds == []


def test_only_the_kind_that_has_changed_is_scanned(home: Home, watching: Watching, scanned: Scanned) -> None:
    settled(watching, scanned)
    put(home.folder / "checkpoints", "deep/a.ckpt")
    assert until(lambda: scanned.count(CHECKPOINTS) > 0)
    assert set(scanned.kinds) == {CHECKPOINTS}


def test_a_scan_that_fails_does_not_end_the_watch(
    home: Home, watching: Watching, scanned: Scanned, caplog: pytest.LogCaptureFixture
) -> None:
    settled(watching, scanned)
    scanned.fails = True
    put(home.loras, "a.ckpt")
    assert until(lambda: scanned.count(LORAS) > 0)
    scanned.fails = False
    seen = scanned.count(LORAS)
    put(home.loras, "b.ckpt")
    assert until(lambda: scanned.count(LORAS) > seen)
    assert "loras cannot be scanned" in caplog.text


def test_other_folders_are_watched_once_the_settings_name_them(
    home: Home, watching: Watching, scanned: Scanned
) -> None:
    settled(watching, scanned)
    watching.settings_changed()
    home.roots[LORAS] = [home.folder / "others"]
    watching.settings_changed()
    assert until(lambda: len(scanned.kinds) >= 2 * len(ModelKind)), "all is looked at again"
    seen = scanned.count(LORAS)
    put(home.folder / "others", "a.ckpt")
    assert until(lambda: scanned.count(LORAS) > seen)


def test_what_is_copied_in_and_removed_is_so_in_the_list_without_a_scan_by_hand(home: Home) -> None:
    with home.library() as library:
        put(home.loras, "before.ckpt")
        watching = Watching(library=library, roots=lambda: {kind: tuple(home.roots[kind]) for kind in ModelKind})
        watching.start()
        assert until(lambda: named(library) == ["before.ckpt"])
        path = put(home.loras, "new/after.ckpt")
        assert until(lambda: named(library) == ["new/after.ckpt", "before.ckpt"] or "new/after.ckpt" in named(library))
        path.unlink()
        assert until(lambda: named(library) == ["before.ckpt"])
        library.close()
        watching.close()


def test_what_is_hidden_and_what_lies_elsewhere_concerns_no_kind() -> None:
    roots = {LORAS: (Path("/m/loras"), Path("/more")), CHECKPOINTS: (Path("/m/checkpoints"),)}
    for path, kinds in (
        ("/m/loras/a.ckpt", [LORAS]),
        ("/more/deep/a.metadata.json", [LORAS]),
        ("/m/checkpoints", [CHECKPOINTS]),
        ("/m/loras/.partial/x.part", []),
        ("/m/loras/deep/.changes/1", []),
        ("/m/loras/.a.new", []),
        ("/m/other/a.ckpt", []),
    ):
        assert kinds_of([Path(path)], roots) == kinds
    both = [Path("/m/checkpoints/a"), Path("/m/loras/b"), Path("/more/c")]
    assert set(kinds_of(both, roots)) == {LORAS, CHECKPOINTS}


def test_a_watch_that_was_closed_does_not_begin(home: Home, watching: Watching, scanned: Scanned) -> None:
    watching.close()
    watching.start()
    assert scanned.kinds == []
