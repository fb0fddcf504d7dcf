"""Which addresses may be downloaded from, and how one is shown: rules that hold for every input."""

from __future__ import annotations

import pytest

from app.downloads.addresses import fault_of_address, is_private, without_secrets


@pytest.mark.parametrize(
    "address",
    (
        *("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"),
        *("::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::"),
        *("64:ff9b::7f00:1", "64:ff9b:1::808:808", "::127.0.0.1"),
    ),
)
def test_an_address_off_the_public_internet_is_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_on_the_public_internet_is_not(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/a",
        "file:///etc/hosts",
        "hub/a",
        "http://",
        "http://[::1/",
        "http://h:x",
        "",
        "http://[fe80::1%25eth0]/a",
    ],
)
def test_only_http_and_https_addresses_are_taken(url: str) -> None:
    assert fault_of_address(url)


def test_an_address_is_shown_without_what_could_be_a_secret() -> None:
    assert without_secrets("https://me:pw@hub:8443/a.ckpt?token=1#x") == "https://hub:8443/a.ckpt"
