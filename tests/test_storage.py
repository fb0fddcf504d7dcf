"""The folder store: all or nothing, and never outside of its folder."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput, StorageUnavailable
from app.storage.folder import FolderStore

pieces = st.sampled_from(["..", ".", "/", "\\", "a", "b c", "ü", "~", "C:", "\0", "\n", "日本", "-rf", "a" * 130])


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def test_a_folder_has_no_links_and_lists_its_objects_in_the_order_of_their_keys(store: FolderStore) -> None:
    for key in ("set/a picture ü.png", "other.png", "set.json"):
        store.put(key, b"one", "image/png")
    assert [stored.key for stored in store.list()] == ["other.png", "set.json", "set/a picture ü.png"]
    assert [stored.content_type for stored in store.list()] == ["image/png", "application/json", "image/png"]
    assert store.url("other.png") is None


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
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


def test_a_folder_that_became_empty_is_gone(store: FolderStore, tmp_path: Path) -> None:
    store.put("a/b/c", b"", "text/plain")
    store.put("a/d", b"", "text/plain")
    store.delete("a/b/c")
    assert sorted(path.name for path in (tmp_path / "store" / "a").iterdir()) == ["d"]
    store.delete("a/d")
    assert list((tmp_path / "store").iterdir()) == []


def test_objects_may_come_and_go_in_one_folder_at_once(store: FolderStore) -> None:
    faults: list[BaseException] = []

    def come_and_go(number: int) -> None:
        try:
            for _ in range(100):
                store.put(f"a/b/{number}", b"x", "text/plain")
                store.delete(f"a/b/{number}")
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_folder_in_trouble_says_so(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "not" / "there" / "yet")
    assert store.condition() == ""
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in FolderStore(tmp_path / "file").condition()
