"""The table of moves, the names of files, the waits and the addresses: rules that hold for every input."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.downloads.addresses import fault_of_address, is_private, without_secrets
from app.downloads.delivery import LONGEST_BACK_OFF_SECONDS, back_off
from app.downloads.names import name_in_disposition, name_in_url, safe_file_name, safe_name
from app.downloads.state import IN_FLIGHT, MOVES, MOVES_AT_START, DownloadState, check_move
from app.downloads.web import LONGEST_WAIT_SECONDS, seconds_until
from app.errors import WrongState

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def test_every_state_is_in_the_table() -> None:
    assert set(MOVES) == set(DownloadState)


@pytest.mark.parametrize("state", list(DownloadState))
def test_what_is_in_flight_can_end_and_what_has_ended_only_start_again(state: DownloadState) -> None:
    if state in IN_FLIGHT:
        assert MOVES[state] - {DownloadState.QUEUED} == MOVES[state]
        assert MOVES[state] & {DownloadState.CANCELLED, DownloadState.COMPLETED}
    else:
        assert MOVES[state] <= {DownloadState.QUEUED}


@pytest.mark.parametrize("to", list(DownloadState))
@pytest.mark.parametrize("current", list(DownloadState))
def test_a_move_outside_the_table_is_refused_naming_both_states(current: DownloadState, to: DownloadState) -> None:
    if to in MOVES[current]:
        check_move("neon-city", current, to)
        return
    with pytest.raises(WrongState, match=f"'neon-city' cannot go from {current} to {to}; from {current} it can become"):
        check_move("neon-city", current, to)


def test_a_start_queues_whatever_was_in_the_middle_and_nothing_else() -> None:
    in_the_middle = IN_FLIGHT - {DownloadState.QUEUED, DownloadState.PAUSED}
    assert {state: set(moves) for state, moves in MOVES_AT_START.items()} == {
        state: {DownloadState.QUEUED} for state in in_the_middle
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", ""),
        ("flux-kontext", "flux-kontext"),
        ("a<b>:c", "a_b_c"),
        ("my__lora", "my__lora"),
        ("a_?_b", "a_b"),
        (" _ name ._ ", "name"),
        ("???", "unnamed"),
        ("...", "unnamed"),
        ("CON", "xCON"),
        ("com1.txt", "xcom1.txt"),
        ("a\0b\x1f", "a_b"),
        ("ü" * 300, "ü" * 100),
    ],
)
def test_a_name_becomes_one_that_every_system_accepts(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text())
def test_a_safe_name_is_safe_already(text: str) -> None:
    assert safe_name(safe_name(text)) == safe_name(text)


@given(st.text(alphabet=st.sampled_from("./\\ _:ac\0éCONu1%\ud800") | st.characters()))
def test_no_name_leaves_its_folder(text: str) -> None:
    name = safe_file_name(text)
    assert name and name not in (".", "..")
    assert not set(name) & set('<>:"/\\|?*\0')
    assert not name.startswith(".")
    assert name == name.rstrip(" .")
    assert name.partition(".")[0].lower() not in DEVICES
    assert len(name.encode()) <= 255 - len(".0123456789abcdef0123456789abcdef.part") - len("-abcd-99")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, None),
        ("attachment", None),
        ('attachment; filename="neon city.safetensors"', "neon city.safetensors"),
        ("attachment; filename*=UTF-8''k%C3%B6ln.safetensors", "köln.safetensors"),
        ('attachment; filename="../../evil.safetensors"', "evil.safetensors"),
        ("attachment; filename*=UTF-8''..%2F..%2Fevil.safetensors", "evil.safetensors"),
        (r'attachment; filename="C:\\windows\\evil.safetensors"', "evil.safetensors"),
    ],
)
def test_a_suggested_name_is_one_plain_name(header: str | None, name: str | None) -> None:
    assert name_in_disposition(header) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://hub/files/neon%20city.safetensors?token=1", "neon city.safetensors"),
        ("http://hub/files/%2e%2e%2f%2e%2e%2fevil.safetensors", "evil.safetensors"),
        ("http://hub/", "unnamed"),
    ],
)
def test_an_address_names_its_file(url: str, name: str) -> None:
    assert name_in_url(url) == name


@pytest.mark.parametrize(
    "address",
    (
        *("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"),
        *("::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::"),
    ),
)
def test_an_address_off_the_public_internet_is_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_on_the_public_internet_is_not(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize(
    "url", ["ftp://h/a", "file:///etc/hosts", "hub/a", "http://", "http://[::1/", "http://h:x", ""]
)
def test_only_http_and_https_addresses_are_taken(url: str) -> None:
    assert fault_of_address(url)


def test_an_address_is_shown_without_what_could_be_a_secret() -> None:
    assert without_secrets("https://me:pw@hub:8443/a.ckpt?token=1#x") == "https://hub:8443/a.ckpt"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 5000, LONGEST_WAIT_SECONDS),
        ("Mon, 02 Mar 2026 12:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 02 Mar 2037 11:00:00 GMT", LONGEST_WAIT_SECONDS),
    ],
)
def test_a_retry_after_is_read_as_seconds_or_as_a_date(told: str | None, seconds: float | None) -> None:
    assert seconds_until(told, now=NOON) == seconds


@given(st.integers(0, 86_400))
def test_a_retry_after_says_the_same_in_both_forms(seconds: int) -> None:
    date = format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)
    assert seconds_until(date, now=NOON) == seconds_until(str(seconds), now=NOON) == seconds


def test_waits_double_up_to_a_minute() -> None:
    for attempt, most in enumerate((1, 2, 4, 8, 16, 32, 60, 60), start=1):
        assert 0.75 * most <= back_off(attempt) <= most <= LONGEST_BACK_OFF_SECONDS
