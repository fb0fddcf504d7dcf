"""Moving files: never over another one, known again after a crash, and only below the library's roots."""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.library.disk import Disk, move, put, told
from app.library.manifest import CHANGES, MANIFEST, Manifest, Mark, Move, Phase, waiting_in
from app.library.staging import Staging


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root.resolve()


def file(path: Path, content: bytes = b"a") -> Path:
    path.write_bytes(content)
    return path


def manifest(root: Path, *names: str) -> Manifest:
    """A change that has these files wait."""
    change = Manifest(uuid.uuid4().hex, root, "us", Phase.MOVING)
    waiting = waiting_in(root, change.id)
    moves = tuple(Move.of(root / name, waiting / str(number)) for number, name in enumerate(names))
    return replace(change, moves=moves, folders=(waiting,))


class NoHardLinks(Disk):
    def link(self, source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(source), None, str(target))


@pytest.mark.parametrize("disk", [Disk(), NoHardLinks()], ids=["links", "no links"])
def test_a_move_never_writes_over_a_file(root: Path, disk: Disk) -> None:
    one, other = file(root / "one"), file(root / "other", b"b")
    with pytest.raises(OSError, match="other"):
        move(disk, one, other)
    assert (one.read_bytes(), other.read_bytes()) == (b"a", b"b")
    move(disk, one, root / "new")
    assert sorted(path.name for path in root.iterdir()) == ["new", "other"]


def test_a_move_that_was_cut_short_is_finished(root: Path) -> None:
    one = file(root / "one")
    os.link(one, root / "new")
    move(Disk(), one, root / "new")
    assert [path.name for path in root.iterdir()] == ["new"]


def test_a_link_is_moved_itself(root: Path) -> None:
    (root / "link").symlink_to("nowhere")
    move(Disk(), root / "link", root / "new")
    assert (root / "new").is_symlink()


def test_a_copy_has_the_bytes_and_the_times(root: Path) -> None:
    one = file(root / "one", bytes(range(256)) * 100)
    os.utime(one, ns=(10**18, 10**18 + 7))
    Disk().copy(one, root / "copy")
    assert (root / "copy").read_bytes() == one.read_bytes()
    assert (root / "copy").stat().st_mtime_ns == 10**18 + 7
    with pytest.raises(FileExistsError):
        Disk().copy(one, root / "copy")


def test_what_is_put_replaces_all_of_it(root: Path) -> None:
    put(Disk(), file(root / "one", b"long before"), b"new")
    assert (root / "one").read_bytes() == b"new"
    assert [path.name for path in root.iterdir()] == ["one"]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OSError(errno.ENOSPC, "No space left", "/a/b"), "no_space", "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), "no_permission", "may not write b"),
        (OSError(errno.EROFS, "Read-only file system", "/a/b"), "no_permission", "may not write b"),
        (OSError(errno.EIO, "Input/output error", "/a/b"), "storage_unavailable", "b: Input/output error"),
    ],
)
def test_a_fault_of_the_disk_names_the_file_and_no_folder(error: OSError, code: str, words: str) -> None:
    said = told("nothing was deleted", error)
    assert (said.code, words in said.message, "/a" in said.message) == (code, True, False)


def test_forward_and_backward_may_be_asked_for_again(root: Path) -> None:
    file(root / "one"), file(root / "other", b"b")
    staging, change = Staging(Disk()), manifest(root, "one", "other")
    staging.begin(change)
    for _ in range(2):
        staging.forward(change)
        assert sorted(path.name for path in root.iterdir()) == [CHANGES]
    for _ in range(2):
        staging.backward(change)
        assert sorted(path.name for path in root.iterdir()) == [CHANGES, "one", "other"]
    staging.clear(change, done=False)
    assert sorted(path.name for path in root.iterdir()) == ["one", "other"]


def test_backward_leaves_a_strangers_file_alone(root: Path) -> None:
    file(root / "one"), file(root / "other")
    staging, change = Staging(Disk()), manifest(root, "one", "other")
    staging.begin(change)
    staging.forward(change)
    file(root / "one", b"a stranger's")
    with pytest.raises(FileExistsError):
        staging.backward(change)
    assert (root / "one").read_bytes() == b"a stranger's"
    assert (root / "other").read_bytes() == b"a"


def test_a_file_of_the_same_size_and_time_is_a_strangers_where_the_own_one_waits(root: Path) -> None:
    one = file(root / "one")
    staging, change = Staging(Disk()), manifest(root, "one")
    staging.begin(change)
    staging.forward(change)
    mark = change.moves[0].mark
    os.utime(file(one, b"z"), ns=(mark.mtime_ns, mark.mtime_ns))
    assert change.moves[0].has_happened
    assert change.moves[0].is_occupied


def test_a_manifest_is_read_as_it_was_written(root: Path) -> None:
    file(root / "one")
    staging, change = Staging(Disk()), manifest(root, "one")
    change = replace(change, before=({"id": "x"},), spent=((root / "one", Mark(1, 2, 3)),), made=(root / "new",))
    staging.begin(change)
    assert staging.pending([root], lambda: "us") == [change]
    assert staging.pending([root], lambda: "somebody else") == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: {**told, "moves": [["/etc/passwd", told["moves"][0][1], 1, 2, 3]]},
        lambda told: {**told, "moves": [[told["moves"][0][0], "/tmp/stolen", 1, 2, 3]]},
        lambda told: {**told, "spent": [["/etc/passwd", 1, 2, 3]]},
        lambda told: {**told, "folders": ["/etc"]},
        lambda told: {**told, "folders": [str(Path(told["folders"][0]).parent.parent)]},
        lambda told: {**told, "made": ["/tmp"]},
        lambda told: {**told, "moves": [[f"{told['folders'][0]}/../../../../x", told["moves"][0][1], 1, 2, 3]]},
        lambda told: {**told, "phase": "unheard of"},
        lambda told: {**told, "moves": 7},
        lambda told: [],
    ],
)
def test_a_manifest_that_leads_elsewhere_or_makes_no_sense_is_left_alone(
    root: Path, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    file(root / "one")
    staging, change = Staging(Disk()), manifest(root, "one")
    staging.begin(change)
    path = change.folder / MANIFEST
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    assert staging.pending([root], lambda: "us") == []
    assert path.exists()


def test_a_change_that_has_not_begun_is_forgotten(root: Path) -> None:
    for name, more in (("a" * 32, []), ("b" * 32, [f".{MANIFEST}.new"]), ("c" * 32, ["0"])):
        waiting_in(root, name).mkdir(parents=True)
        for one in more:
            file(waiting_in(root, name) / one)
    assert Staging(Disk()).pending([root, root / "nowhere"], lambda: "us") == []
    # Whatever it is, it may be somebody's only copy.
    assert [path.name for path in (root / CHANGES).iterdir()] == ["c" * 32]


def test_folders_that_were_made_go_again_unless_somebody_uses_them(root: Path) -> None:
    staging, change = Staging(Disk()), replace(manifest(root), made=(root / "a", root / "a/b"), folders=())
    staging.begin(change)
    file(root / "a/theirs")
    staging.clear(change, done=False)
    assert sorted(path.name for path in root.rglob("*")) == ["a", "theirs"]
