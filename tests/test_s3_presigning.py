"""Links into a bucket: the same as boto3's, stable, and opened by the real server for what they say and no longer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from app.storage.port import fault_of_key
from app.storage.presigning import Keys, Presigner
from app.storage.s3 import S3Store
from support.servers.s3 import Bucket
from support.waiting import until
from tests.s3 import bucket, settings_of, store_of

__all__ = ["bucket"]

NOON = 1_800_000_000  # a moment at which windows of 900 seconds begin
PLAIN = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def presigner(
    *,
    now: Callable[[], float] = lambda: NOON,
    expiry_seconds: int = 3600,
    endpoint: str | None = "http://127.0.0.1:9000",
    keys: Callable[[], Keys] = lambda: PLAIN,
) -> Presigner:
    return Presigner(
        bucket="pictures", region="us-east-1", endpoint=endpoint, expiry_seconds=expiry_seconds, keys=keys, now=now
    )


SESSION = boto3.session.Session()


@cache
def boto3_client(bucket: str, region: str, endpoint: str | None, keys: Keys) -> Any:
    by_path = endpoint is not None or "." in bucket
    return SESSION.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path" if by_path else "virtual"}),
    )


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]).filter(str.isprintable), min_size=1, max_size=60)
OBJECT_KEYS = PRINTABLE.filter(lambda key: fault_of_key(key) is None)
ODD = Keys("AKID/ODD+", "se cret/+=")
TEMPORARY = Keys("ASIA", "secret", "token/+=ünïcode&x=y")
# Bucket, region, endpoint, keys.
PLACES = [
    ("pictures", "us-east-1", None, PLAIN),
    ("pictures", "eu-central-1", None, TEMPORARY),
    ("my.dotted.bucket", "us-east-1", None, PLAIN),
    ("my.dotted.bucket", "ap-southeast-2", None, ODD),
    ("a-b-3", "cn-north-1", None, PLAIN),
    ("a-b-3", "us-gov-west-1", None, TEMPORARY),
    ("pictures", "us-east-1", "http://127.0.0.1:9000", ODD),
    ("my.dotted.bucket", "garage", "https://S3.Example.com", TEMPORARY),
    ("pictures", "eu-central-1", "https://s3.example.com:443/", PLAIN),
    ("a-b-3", "us-east-1", "http://[::1]:8333", PLAIN),
    ("pictures", "us-east-1", "https://gateway.example.com/storage/s3", TEMPORARY),
    ("pictures", "us-east-1", "http://127.0.0.1:80/a/b/", ODD),
]


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(PLACES), key=OBJECT_KEYS, filename=st.none() | PRINTABLE, lives=st.integers(1, 604_800))
def test_a_link_is_letter_for_letter_what_boto3_makes_at_the_same_moment(
    place: tuple[str, str, str | None, Keys], key: str, filename: str | None, lives: int
) -> None:
    name, region, endpoint, keys = place
    wanted: dict[str, str] = {"Bucket": name, "Key": key}
    if filename is not None:
        wanted["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(filename, safe='-._~')}"
    made = boto3_client(*place).generate_presigned_url("get_object", wanted, ExpiresIn=lives)
    (stamp,) = re.findall(r"X-Amz-Date=(\d{8}T\d{6}Z)", made)
    signed_at = int(datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
    ours = Presigner(bucket=name, region=region, endpoint=endpoint, expiry_seconds=1, keys=lambda: keys)
    assert ours.url_at(key, signed_at=signed_at, lives_seconds=lives, filename=filename) == made


def test_a_link_stays_the_same_for_a_window_and_lives_as_long_as_told() -> None:
    moments = [NOON, NOON + 450.5, NOON + 899.9, NOON + 900]
    ours = presigner(now=iter(moments).__next__)
    first, middle, last, after = [ours.link("a.png") for _ in moments]
    assert first == middle == last
    assert after.url != first.url
    assert {link.expires_in_seconds for link in (first, last, after)} == {3600}
    assert "X-Amz-Expires=4500" in first.url


@pytest.mark.parametrize(
    ("expiry_seconds", "seconds_later", "signed_for", "told"),
    [
        (1, 0.9, 2, 1),  # no window, but the second that is under way
        (8, 1.9, 10, 8),
        (3600, 899, 4500, 3600),
        (604_000, 899, 604_800, 603_901),
        (604_800, 0, 604_800, 604_800),
        (604_800, 899, 604_800, 603_901),  # S3 permits no more: told is what is left
    ],
)
def test_a_link_tells_how_long_it_will_still_be_opened(
    expiry_seconds: int, seconds_later: float, signed_for: int, told: int
) -> None:
    link = presigner(now=lambda: NOON + seconds_later, expiry_seconds=expiry_seconds).link("a.png")
    assert f"X-Amz-Expires={signed_for}&" in link.url
    assert link.expires_in_seconds == told


def test_new_keys_make_new_links_at_once_and_a_new_day_a_new_signing_key() -> None:
    now, keys = [float(NOON)], [PLAIN]
    ours = presigner(now=lambda: now[0], keys=lambda: keys[0])
    first = ours.link("a.png").url
    keys[0] = Keys("ASIA", "other", "token")
    assert "X-Amz-Security-Token=token" in ours.link("a.png").url
    keys[0], now[0] = PLAIN, NOON + 86_400
    day_later = ours.link("a.png").url
    assert day_later == presigner(now=lambda: now[0]).link("a.png").url != first


def test_nothing_that_is_printed_shows_a_key_or_a_link() -> None:
    ours = presigner(keys=lambda: Keys("AKIDEXAMPLE", "the-secret", "the-token"))
    link = ours.link("a.png")
    shown = repr([link, ours, ours._keys(), ours._current, vars(ours)])
    for secret in ("AKIDEXAMPLE", "the-secret", "the-token", "X-Amz-Signature"):
        assert secret not in shown


def link_of(store: S3Store, key: str, filename: str | None = None) -> str:
    link = store.url(key, filename=filename)
    assert link is not None
    return link.url


def opens(url: str, method: str = "GET") -> int:
    return httpx.request(method, url).status_code


@pytest.mark.parametrize("key", ["a.png", "a b/ü+%&?#=;'(1)~.png", "日本/東京 😀.png"])
def test_the_real_server_opens_a_link_and_says_what_it_is_saved_as(bucket: Bucket, key: str) -> None:
    bucket.put(key, b"picture", "image/png")
    store = store_of(bucket)
    answer = httpx.get(link_of(store, key))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"picture", "image/png")
    named = httpx.get(link_of(store, key, filename='Märchen "1"; & co.png'))
    assert named.headers["content-disposition"].endswith("M%C3%A4rchen%20%221%22%3B%20%26%20co.png")
    assert httpx.get(link_of(store, key), headers={"Range": "bytes=1-2"}).content == b"ic"
    store.close()


def test_a_link_opens_nothing_else_and_nothing_without_its_signature(bucket: Bucket) -> None:
    for key in ("a.png", "b.png"):
        bucket.put(key, b"picture", "image/png")
    store = store_of(bucket)
    mine, other = link_of(store, "a.png"), link_of(store, "b.png")
    signature = mine.rpartition("=")[2]
    store.close()
    assert opens(mine) == 200
    changed = {
        "another object": mine.replace("/a.png", "/b.png"),
        "the signature of another": f"{mine.rpartition('=')[0]}={other.rpartition('=')[2]}",
        "a signature with a letter changed": mine[:-1] + ("0" if mine[-1] != "0" else "1"),
        "an empty signature": mine.removesuffix(signature),
        "no signature": mine.partition("&X-Amz-Signature")[0],
        "no query at all": mine.partition("?")[0],
        "a longer life": mine.replace("X-Amz-Expires=4500", "X-Amz-Expires=604800"),
        "one more parameter": mine.replace("?", "?response-content-type=text%2Fhtml&"),
        "the bucket's listing": mine.replace("/a.png", "/"),
        "another identity": mine.replace(bucket.identity.access_key, "AKIAPROOFSHEETADMIN0"),
    }
    assert {what: opens(url) for what, url in changed.items() if opens(url) not in (400, 403)} == {}
    assert {method: opens(mine, method) for method in ("PUT", "DELETE", "POST") if opens(mine, method) < 400} == {}
    assert bucket.read("a.png") == b"picture"


def test_a_link_of_keys_that_are_no_more_opens_nothing(bucket: Bucket) -> None:
    bucket.put("a.png", b"picture", "image/png")
    store = store_of(bucket, aws_secret_access_key="another-secret")
    assert opens(link_of(store, "a.png")) == 403
    store.close()


@pytest.mark.parametrize(("seconds_ago", "status"), [(0, 200), (890, 200), (4490, 200), (4510, 403), (90_000, 403)])
def test_a_link_is_opened_until_it_expires_and_not_after(bucket: Bucket, seconds_ago: int, status: int) -> None:
    bucket.put("a.png", b"picture", "image/png")
    found = settings_of(bucket)
    assert found.keys is not None
    keys = found.keys
    ours = Presigner(
        bucket=bucket.name, region=found.region, endpoint=found.endpoint, expiry_seconds=3600, keys=lambda: keys
    )
    signed_at = int(time.time()) - seconds_ago
    assert opens(ours.url_at("a.png", signed_at=signed_at, lives_seconds=4500)) == status


def test_a_link_for_one_second_is_opened_at_once_and_refused_soon(bucket: Bucket) -> None:
    bucket.put("a.png", b"picture", "image/png")
    store = store_of(bucket, presigned_url_expiry=1)
    link = link_of(store, "a.png")
    assert opens(link) == 200
    assert until(lambda: opens(link) == 403)
    assert opens(link_of(store, "a.png")) == 200
    store.close()


def test_a_link_names_the_bucket_by_path_where_another_server_is_named_and_by_host_at_amazon() -> None:
    assert urlsplit(presigner().link("a.png").url).path == "/pictures/a.png"
    amazon = urlsplit(presigner(endpoint=None).link("a.png").url)
    assert (amazon.scheme, amazon.netloc, amazon.path) == ("https", "pictures.s3.amazonaws.com", "/a.png")
