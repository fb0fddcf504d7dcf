"""A bucket on a real S3 server in trouble: each kind is told as what it is, soon, and never as "not found"."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from app.errors import (
    StorageMisplaced,
    StorageRefused,
    StorageTimeout,
    StorageUnavailable,
    StorageUnreachable,
    StudioError,
)
from app.storage import s3_client
from app.storage.port import ObjectStore
from support.servers.s3 import Bucket, S3Server
from support.servers.serving import Exchange, Server
from support.waiting import until
from tests.s3 import bucket, own_server, settings_of, store_of

__all__ = ["bucket", "own_server"]

MIB = 1024 * 1024
Asks = dict[str, Callable[[], Any]]


def every_question(store: ObjectStore) -> Asks:
    return {
        "put": lambda: store.put("a", b"x", "text/plain"),
        "put a large one": lambda: store.put("a", io.BytesIO(bytes(6 * MIB)), "text/plain"),
        "create": lambda: store.put("a", b"x", "text/plain", only_if_absent=True),
        "open": lambda: store.open("a"),
        "read": lambda: store.read("a"),
        "stat": lambda: store.stat("a"),
        "copy": lambda: store.copy("a", "b"),
        "delete": lambda: store.delete("a"),
        "delete all": lambda: store.delete_all(["a", "b"]),
        "list": lambda: list(store.list()),
    }


def answers(asks: Asks) -> dict[str, type[BaseException] | None]:
    """What each question is refused with, all asked at once."""

    def asked(ask: Callable[[], Any]) -> type[BaseException] | None:
        try:
            ask()
        except StudioError as error:
            assert error.status == 503
            return type(error)
        return None

    with ThreadPoolExecutor(len(asks)) as threads:
        return dict(zip(asks, threads.map(asked, asks.values()), strict=True))


@pytest.mark.parametrize(
    ("changes", "error", "setting"),
    [
        ({"aws_secret_access_key": "wrong"}, StorageRefused, "AWS_SECRET_ACCESS_KEY"),
        ({"aws_access_key_id": "AKIANOBODY"}, StorageRefused, "AWS_ACCESS_KEY_ID"),
        ({"storage_bucket": "no-such-bucket"}, StorageMisplaced, "STORAGE_BUCKET"),
        ({"aws_endpoint_url": "http://127.0.0.1:9"}, StorageUnreachable, "AWS_ENDPOINT_URL"),
        ({"aws_endpoint_url": "http://no-such-host.invalid"}, StorageUnreachable, "AWS_ENDPOINT_URL"),
    ],
)
def test_whatever_is_asked_of_a_store_in_trouble_the_trouble_is_told_and_never_not_found(
    bucket: Bucket, changes: dict[str, Any], error: type[StudioError], setting: str
) -> None:
    store = store_of(bucket, **changes)
    asks = every_question(store)
    assert answers(asks) == dict.fromkeys(asks, error)
    with pytest.raises(error, match=setting) as told:
        store.stat("a")
    assert told.value.__cause__ is not None
    assert setting in store.condition(10)
    store.close()
    assert bucket.keys() == []


def test_a_store_that_may_only_be_read_is_read_and_keeps_nothing(bucket: Bucket) -> None:
    bucket.put("a", b"kept", "text/plain")
    store = store_of(bucket.read_only())
    found = answers(every_question(store))
    may = {"open", "read", "stat", "list"}
    assert found == {what: None if what in may else StorageRefused for what in found}
    with pytest.raises(StorageRefused, match="policy"):
        store.put("b", b"", "text/plain")
    assert store.condition(10) == ""
    store.close()
    assert (bucket.keys(), bucket.read("a"), bucket.unfinished()) == (["a"], b"kept", [])


def some_page(exchange: Exchange) -> None:
    exchange.answer(404, {"Content-Type": "text/html"}, b"<html>Not found</html>")


def test_a_page_that_is_not_found_is_no_object_that_is_not_found(bucket: Bucket) -> None:
    with contextlib.closing(Server(some_page)) as site:
        store = store_of(bucket, aws_endpoint_url=site.url)
        found = answers(every_question(store))
        assert all(error is not None and issubclass(error, StorageUnavailable) for error in found.values())
        assert store.condition(10) != ""
        store.close()


def test_a_store_that_hangs_is_given_up_within_five_seconds_whatever_is_asked(own_server: S3Server) -> None:
    # Both attempts, the pause between them and connecting: what one call may take in all.
    at_most = s3_client.AT_ONCE_SECONDS + s3_client.PAUSE_SECONDS + s3_client.READ_SECONDS
    assert max(at_most, s3_client.CONNECT_SECONDS + s3_client.PAUSE_SECONDS) < 5
    bucket = own_server.bucket()
    bucket.put("kept", b"kept", "text/plain")  # not "a": a server that is thawed does what it was asked while frozen
    store = store_of(bucket)
    assert store.condition(10) == ""
    own_server.freeze()
    asks = every_question(store)
    assert answers(asks) == dict.fromkeys(asks, StorageTimeout)
    assert "does not answer" in store.condition()
    own_server.thaw()
    assert until(lambda: store.condition() == "", within=timedelta(seconds=10))
    assert store.read("kept") == b"kept"
    store.close()


def test_a_store_that_is_down_is_told_at_once_and_used_again_when_it_is_up(own_server: S3Server) -> None:
    bucket = own_server.bucket()
    store = store_of(bucket)
    store.put("a", b"kept", "text/plain")
    assert store.condition(10) == ""
    own_server.kill()
    asks = every_question(store)
    assert answers(asks) == dict.fromkeys(asks, StorageUnreachable)
    assert "cannot be reached" in store.condition(10)
    own_server.start()
    assert store.read("a") == b"kept"
    assert until(lambda: store.condition() == "", within=timedelta(seconds=10))
    store.close()


def test_nobody_who_asks_for_the_condition_waits_for_a_store_that_hangs(own_server: S3Server) -> None:
    store = store_of(own_server.bucket())
    own_server.freeze()
    told: list[str] = []
    asking = threading.Thread(target=lambda: told.append(store.condition(0.05)))
    asking.start()
    asking.join(1.5)  # the store itself takes two seconds to be given up
    assert "has not answered yet" in told[0]
    store.close()
    own_server.thaw()


def test_a_store_that_was_well_is_not_called_ill_because_it_is_asked_briefly(own_server: S3Server) -> None:
    store = store_of(own_server.bucket())
    assert store.condition(10) == ""
    own_server.freeze()
    with pytest.raises(StudioError):
        store.read("a")  # from now on what is known is old
    assert store.condition(0) == ""
    assert until(lambda: "does not answer" in store.condition(0))
    store.close()
    own_server.thaw()


def test_no_log_and_no_error_tells_a_key_or_a_link(bucket: Bucket, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [bucket.identity.access_key, bucket.identity.secret_key, "X-Amz-Signature", "Signature=", "wrong-secret"]
    store, wrong = store_of(bucket), store_of(bucket, aws_secret_access_key="wrong-secret")
    link = store.url("a")
    assert link is not None
    store.put("a", b"x", "text/plain")
    told = [repr(link), repr(store), store.condition(10), wrong.condition(10), repr(settings_of(bucket))]
    for ask in every_question(wrong).values():
        with pytest.raises(StorageRefused) as refused:
            ask()
        told += [str(refused.value), repr(refused.value.__cause__)]
    for each in (store, wrong):
        each.close()
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in "".join(told)
