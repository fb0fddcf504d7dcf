"""What every store keeps to, proven on each: on a folder, and on a bucket of a real S3 server."""

from __future__ import annotations

import contextlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Conflict, InvalidInput, NoSuchObject
from app.storage.port import ObjectStore
from tests.storage_kit import keys, one_bucket, store

__all__ = ["one_bucket", "store"]

MIB = 1024 * 1024
ODD_KEYS = [
    "a b/c  d.png", "umlaut ü/ß.png", "日本/東京.png", "😀.png", "a+b.png", "100%.png", "%41.png", "a&b=c.png",
    "a#b.png", "a?b.png", "a;b.png", "it's.png", 'quoted "so".png', "<tag>.png", "a~b.png", "a=b.png", "a:b.png",
    "a@b.png", "$x.png", "a,b.png", "(a)[b]{c}.png", "a*b!.png", "a|b^c`d.png", "e\u0301.png", "\u00e9.png",
    "a..b/c...png", "x" * 255, "/".join(["part" * 25] * 9), "-rf", "null", "ending ", " beginning",
]  # fmt: skip


def test_what_is_put_is_read_and_told(store: ObjectStore) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    store.put("set/a picture.png", b"one", "image/png")
    assert store.read("set/a picture.png") == b"one"
    told = store.stat("set/a picture.png")
    assert (told.key, told.size_bytes, told.content_type) == ("set/a picture.png", 3, "image/png")
    assert before <= told.modified_at <= datetime.now(UTC) + timedelta(seconds=1)
    (listed,) = store.list()
    assert (listed.key, listed.size_bytes, listed.modified_at.tzinfo) == ("set/a picture.png", 3, UTC)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_printable_key_is_kept_as_it_is(store: ObjectStore, key: str) -> None:
    store.put(key, key.encode(), "image/png")
    assert store.read(key) == key.encode()
    assert store.stat(key).key == key
    assert keys(store) == [key]
    assert keys(store, key[:5]) == [key]
    store.copy(key, f"copied/{'y' * 20}")
    assert store.read(f"copied/{'y' * 20}") == key.encode()
    store.delete_all([key])
    assert keys(store) == [f"copied/{'y' * 20}"]


BAD_KEYS = ["", "/a", "a/", "a//b", "../a", "a/../b", "a\\b", ".hidden", "a\0", "a" * 256, "a/" * 600]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_some_store_could_not_hold_is_refused_by_each(store: ObjectStore, key: str) -> None:
    asked: list[Any] = [
        lambda: store.read(key), lambda: store.open(key), lambda: store.stat(key), lambda: store.delete(key),
        lambda: store.put(key, b"", "image/png"), lambda: store.copy(key, "a"), lambda: store.copy("a", key),
        lambda: store.delete_all(["a", key]), lambda: store.url(key),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(InvalidInput, match="object key"):
            ask()


def test_an_object_that_is_not_there_is_not_found_by_anything(store: ObjectStore) -> None:
    store.put("there/beside", b"", "text/plain")
    asked: list[Any] = [
        lambda: store.read("there/no"), lambda: store.open("there/no"), lambda: store.stat("there/no"),
        lambda: store.copy("there/no", "x"), lambda: store.read("there"), lambda: store.stat("there"),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(NoSuchObject):
            ask()
    assert keys(store) == ["there/beside"]


def test_an_object_is_replaced_unless_it_must_be_new(store: ObjectStore) -> None:
    store.put("a.txt", b"one", "text/plain")
    store.put("a.txt", b"two", "text/plain")
    for data in (b"three", io.BytesIO(b"three"), bytes(6 * MIB)):
        with pytest.raises(Conflict, match=r"a\.txt"):
            store.put("a.txt", data, "text/plain", only_if_absent=True)
    store.put("b.txt", b"new", "text/plain", only_if_absent=True)
    assert (store.read("a.txt"), store.read("b.txt")) == (b"two", b"new")


def test_of_many_who_create_the_same_object_at_once_one_does(store: ObjectStore) -> None:
    kept: list[int] = []
    begin = threading.Barrier(8)

    def create(number: int) -> None:
        begin.wait()
        with contextlib.suppress(Conflict):
            store.put("one", str(number).encode(), "text/plain", only_if_absent=True)
            kept.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 1
    assert store.read("one") == str(kept[0]).encode()


def test_a_copy_replaces_and_outlives_its_original(store: ObjectStore) -> None:
    store.put("a.json", b"{}", "application/json")
    store.put("b.json", b"old", "application/json")
    store.copy("a.json", "b.json")
    store.copy("a.json", "a.json")
    store.delete("a.json")
    assert (store.read("b.json"), store.stat("b.json").content_type) == (b"{}", "application/json")


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: ObjectStore) -> None:
    for key in ("a/b", "a/c", "d"):
        store.put(key, b"x", "text/plain")
    store.delete("a/b")
    store.delete("a/b")
    store.delete_all(["d", "a/c", "never/was"])
    store.delete_all([])
    assert keys(store) == []
    store.put("a", b"where a folder was", "text/plain")
    store.delete("a/below an object")
    assert keys(store) == ["a"]


def test_a_listing_goes_on_past_a_thousand_and_so_does_a_deletion(store: ObjectStore) -> None:
    wanted = [f"many/{number:04}" for number in range(1005)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda key: store.put(key, b"", "text/plain"), wanted))
    store.put("other", b"", "text/plain")
    assert keys(store, "many/") == wanted
    store.delete_all(iter(wanted))
    assert keys(store) == ["other"]


def test_a_prefix_is_taken_letter_for_letter(store: ObjectStore) -> None:
    for key in ("a/b", "a/bc", "ab", "a b", "A/b", "a%2Fb"):
        store.put(key, b"", "text/plain")
    assert keys(store, "a/") == ["a/b", "a/bc"]
    assert keys(store, "a/b") == ["a/b", "a/bc"]
    assert keys(store, "a%") == ["a%2Fb"]
    assert keys(store, "b") == keys(store, "a/b/") == keys(store, "\n") == []


def test_many_threads_may_use_one_store(store: ObjectStore) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                key = f"thread {number}/{turn}"
                store.put(key, key.encode(), "text/plain")
                assert store.read(key) == key.encode()
                store.copy(key, f"{key} copied")
                store.delete(key)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert keys(store) == sorted(f"thread {number}/{turn} copied" for number in range(8) for turn in range(10))


def test_a_store_that_works_says_so(store: ObjectStore) -> None:
    assert store.condition(10) == ""
    store.put("a", b"", "text/plain")
    assert store.condition() == ""


KEYS = st.sampled_from(["a", "b c", "d/ü", "d/e/f", "g+h%", "d/e/i"])
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.binary(max_size=20)),
        st.tuples(st.just("create"), KEYS, st.binary(max_size=20)),
        st.tuples(st.just("copy"), KEYS, KEYS),
        st.tuples(st.just("delete"), KEYS, st.none()),
        st.tuples(st.just("read"), KEYS, st.none()),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(operations=OPERATIONS)
def test_whatever_is_done_a_store_holds_what_a_dictionary_would(store: ObjectStore, operations: list[Any]) -> None:
    model: dict[str, bytes] = {}
    store.delete_all(keys(store))
    for what, key, more in operations:
        _perform(store, model, what, key, more)
    assert keys(store) == sorted(model)
    assert {key: store.read(key) for key in model} == model
    assert {stored.key: stored.size_bytes for stored in store.list()} == {k: len(v) for k, v in model.items()}


def _perform(store: ObjectStore, model: dict[str, bytes], what: str, key: str, more: Any) -> None:
    """Do one thing to both, and see that the store refuses where there is nothing, or something already."""
    refused: type[Exception] | None = None
    if what == "create" and key in model:
        refused = Conflict
    if what in ("copy", "read") and key not in model:
        refused = NoSuchObject
    with pytest.raises(refused) if refused else contextlib.nullcontext():
        if what in ("put", "create"):
            store.put(key, more, "text/plain", only_if_absent=what == "create")
        elif what == "copy":
            store.copy(key, more)
        elif what == "delete":
            store.delete(key)
        else:
            assert store.read(key) == model[key]
    if refused is None and what != "read":
        if what == "copy":
            model[more] = model[key]
        elif what == "delete":
            model.pop(key, None)
        else:
            model[key] = more
