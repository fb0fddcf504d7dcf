"""Keys of hubs: what is sent to whom, and above all to whom not."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.downloads.keys import fault_of_key, has_key_for, headers_for

KEYS = {"hub.example": "k1", "hub.example:8443": "k2", "127.0.0.1:8000": "k3", "[::1]:8000": "k4"}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://hub.example/a", "k1"),
        ("https://HUB.example:443/a?b#c", "k1"),
        ("https://hub.example:8443/a", "k2"),
        ("http://hub.example:8443/a", "k2"),
        ("http://127.0.0.1:8000/a b", "k3"),
        ("http://[::1]:8000/a", "k4"),
        ("http://hub.example/a", None),
        ("http://hub.example:443/a", None),
        ("https://hub.example:444/a", None),
        ("https://sub.hub.example/a", None),
        ("https://hub.example.evil.example/a", None),
        ("https://evilhub.example/a", None),
        ("https://hub.example@evil.example/a", None),
        ("https://evil.example\\@hub.example/a", None),
        ("https://evil.example/hub.example", None),
        ("https://evil.example#@hub.example/", None),
        ("http://127.0.0.1:8001/a", None),
        ("http://localhost:8000/a", None),
        ("ftp://hub.example/a", None),
        ("ftp://hub.example:8443/a", None),
        ("hub.example", None),
        ("", None),
    ],
)
def test_a_key_goes_to_exactly_its_host_and_port(url: str, key: str | None) -> None:
    assert headers_for(url, KEYS) == ({} if key is None else {"Authorization": f"Bearer {key}"})
    assert has_key_for(url, KEYS) is (key is not None)


@given(st.text(st.sampled_from("hub.example:443@/\\#?%65 \t\n[]"), max_size=40))
def test_a_key_never_goes_where_its_host_is_not_asked(rest: str) -> None:
    url = f"https://{rest}"
    if headers_for(url, {"hub.example": "secret"}):
        asked = httpx.URL(url)
        assert (asked.scheme, asked.host, asked.port or 443) == ("https", "hub.example", 443)


@pytest.mark.parametrize("host", ["hub.example", "hub.example:8443", "127.0.0.1:1", "[::1]:8000"])
def test_a_sound_key_has_no_fault(host: str) -> None:
    assert fault_of_key(host, "abc-DEF_123") is None


@pytest.mark.parametrize(
    ("host", "key", "why"),
    [
        ("", "k", "is no host"),
        ("https://hub.example", "k", "is no host"),
        ("hub.example/path", "k", "is no host"),
        ("user@hub.example", "k", "is no host"),
        ("hub.example:99999", "k", "is no host"),
        ("hub example", "k", "is no host"),
        ("hub.example", "", "visible ASCII"),
        ("hub.example", "a b", "visible ASCII"),
        ("hub.example", "a\r\nX: y", "visible ASCII"),
        ("hub.example", "schlüssel", "visible ASCII"),
    ],
)
def test_what_cannot_be_a_key_is_told(host: str, key: str, why: str) -> None:
    assert why in (fault_of_key(host, key) or "")
