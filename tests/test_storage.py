"""The folder store: all or nothing, and never outside of its folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Conflict, InvalidInput, NoSuchObject, StorageUnavailable
from app.storage.folder import FolderStore
from app.storage.port import StoredObject

pieces = st.sampled_from(["..", ".", "/", "\\", "a", "b c", "ü", "~", "C:", "\0", "\n", "日本", "-rf", "a" * 130])


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def test_what_is_put_is_read_listed_and_deleted(store: FolderStore) -> None:
    store.put("set/a picture ü.png", b"one", "image/png")
    store.put("other.png", b"", "image/png")
    assert store.read("set/a picture ü.png") == b"one"
    assert list(store.list()) == [StoredObject("other.png", 0), StoredObject("set/a picture ü.png", 3)]
    assert list(store.list("set/")) == [StoredObject("set/a picture ü.png", 3)]
    assert store.url("other.png") is None
    store.delete("other.png")
    store.delete("other.png")
    with pytest.raises(NoSuchObject, match=r"other\.png"):
        store.read("other.png")


def test_an_object_that_is_deleted_during_a_listing_is_left_out(store: FolderStore) -> None:
    for key in ("a", "b", "c"):
        store.put(key, b"data", "text/plain")
    listing = iter(store.list())
    assert next(listing).key == "a"
    store.delete("b")
    assert [stored.key for stored in listing] == ["c"]


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file in the way")
    with pytest.raises(StorageUnavailable):
        list(FolderStore(tmp_path / "store").list())


def test_an_object_is_replaced_unless_it_must_be_new(store: FolderStore) -> None:
    store.put("a", b"one", "text/plain")
    store.put("a", b"two", "text/plain")
    with pytest.raises(Conflict):
        store.put("a", b"three", "text/plain", only_if_absent=True)
    store.put("b", b"new", "text/plain", only_if_absent=True)
    assert (store.read("a"), store.read("b")) == (b"two", b"new")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.lists(pieces, max_size=12).map("".join) | st.text(max_size=40))
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(exist_ok=True)
    store = FolderStore(outside / "in" / "store")
    # Refused, or a folder of that name is there already.
    with contextlib.suppress(InvalidInput, StorageUnavailable):
        store.put(key, b"data", "text/plain")
    assert [p for p in outside.rglob("*") if p.is_file() and not p.is_relative_to(outside / "in" / "store")] == []
    assert [p for p in outside.rglob("*") if p.name.endswith(".part")] == []


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a\\b", ".hidden", "a\0", "a" * 256, "a/" * 600]
)
def test_a_key_that_some_store_could_not_hold_is_refused(store: FolderStore, key: str) -> None:
    with pytest.raises(InvalidInput, match="object key"):
        store.read(key)


def test_a_link_out_of_the_folder_is_not_followed(store: FolderStore, tmp_path: Path) -> None:
    store.put("here", b"", "text/plain")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "store" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(StorageUnavailable, match="leads out"):
        store.read("link")


def test_a_store_in_trouble_is_not_an_object_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file in the way")
    store = FolderStore(tmp_path / "store")
    with pytest.raises(StorageUnavailable) as refused:
        store.put("a", b"", "text/plain")
    assert isinstance(refused.value.__cause__, OSError)
    with pytest.raises(StorageUnavailable):
        store.read("a")


def test_a_put_that_fails_at_its_last_move_leaves_nothing(store: FolderStore, tmp_path: Path) -> None:
    store.put("a", b"old", "text/plain")
    folder = tmp_path / "store"
    (folder / "b").mkdir()  # a file cannot be moved onto a folder
    with pytest.raises(StorageUnavailable):
        store.put("b", b"new", "text/plain")
    assert store.read("a") == b"old"
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]
