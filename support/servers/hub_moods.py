"""How the hub's double misbehaves when told to: everything that real hubs, their hosts and networks do.

The real thing: what Civitai, Hugging Face, their CDNs and S3-like stores answer on bad days, as their users
report it. Refusals are given at the file's own address (and where a repository resolves it); what goes wrong
with a body goes wrong wherever the body is served. Left out: slowness; nothing here takes time.
"""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, get_args

from support.servers.hub_offers import Body, Break, Gate, Refusal, Times, WrongRange
from support.servers.hub_stock import Stock

TEXT = {"Content-Type": "text/plain; charset=utf-8"}
SIGN_IN_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to download this model.</p>"


class Moods(Stock):
    """Verbs of misbehaviour. times: for how many more requests, None for all; offsets are those of the file."""

    # It refuses

    def is_busy_for(
        self, name: str, seconds: float, *, times: int | None = 1, status: int = 429, as_date: bool = False
    ) -> None:
        """Ask the next callers for patience, 429 or 503 with Retry-After in seconds or as a date."""
        moment = (self._now() + timedelta(seconds=seconds)).astimezone(UTC)
        told = format_datetime(moment, usegmt=True) if as_date else str(round(seconds))
        self._refuse(name, "busy", Refusal(status, Times(times), {"Retry-After": told}))

    def fails(self, name: str, *, times: int | None = 1, status: int = 500) -> None:
        self._refuse(name, "fails", Refusal(status, Times(times), TEXT, b"something went wrong"))

    def has_no_longer(self, name: str, *, status: int = 410) -> None:
        self._refuse(name, "gone", Refusal(status, Times(None), TEXT, b"no such file"))

    def refuses(self, name: str, status: int, times: int | None = None) -> None:
        self._refuse(name, "refuses", Refusal(status, Times(times), TEXT, f"refused with {status}".encode()))

    def mirror_fails(self, name: str, number: int, status: int = 503) -> None:
        """number: of the mirror, from 1. Raises LookupError when there is no such mirror."""
        with self._lock:
            mirrors = len(self._offered(name).mirrors)
            if not 1 <= number <= mirrors:
                raise LookupError(f"{name!r} has {mirrors} mirror(s), numbered from 1; there is no {number}")
            refusal = Refusal(status, Times(None), TEXT, b"this mirror is out of order")
            self._moods[name].mirror_refusals[number] = refusal

    def needs_a_key(self, name: str, key: str) -> None:
        """Answer 401 to whoever does not bring `Authorization: Bearer <key>`, or `token=<key>` in the address."""
        self._set(name, key=key)

    def is_in_early_access(self, name: str, until: datetime) -> None:
        """Describe the version as early access, and refuse it with 403 until the hub's clock shows `until`."""
        self._set(name, early_access_until=until)

    def publishes_no_checksum(self, name: str) -> None:
        self._set(name, checksum_told=False)

    # It sends elsewhere

    def redirects(self, name: str, to_url: str) -> None:
        self._set(name, target=to_url)

    def redirects_in_circles(self, name: str) -> None:
        self._set(name, circling=True)

    def moves_to_the_second_host(self, name: str) -> None:
        """Redirect to the same path on 127.0.0.2, where no key of the hub's belongs."""
        _ = self.second_host
        self._set(name, moved=True)

    def lets_links_expire(self, name: str, after: int = 1) -> None:
        """Redirect to a link, signed anew for every caller, that serves `after` GETs and then answers 403."""
        _ = self.second_host
        self._set(name, link_serves=after)

    # It sends something else

    def sends_its_sign_in_page(self, name: str) -> None:
        headers = {"Content-Type": "text/html; charset=utf-8"}
        self._refuse(name, "page", Refusal(200, Times(None), headers, SIGN_IN_PAGE))

    def sends_an_empty_file(self, name: str) -> None:
        self._send_instead(name, b"")

    def sends_a_damaged_model(self, name: str) -> None:
        """A safetensors file whose header claims to be longer than the file."""
        self._send_instead(name, (1 << 40).to_bytes(8, "little") + self._offered(name).content[8:])

    def sends_a_pickle(self, name: str) -> None:
        """A pickle, as PyTorch wrote checkpoints before safetensors; the published SHA-256 stays."""
        size = len(self._offered(name).content)
        self._send_instead(name, pickle.dumps({"state_dict": {"weight": bytes(size)}}, protocol=2))

    def sends_other_bytes(self, name: str) -> None:
        """A valid file of the same length that is not the published one: its last byte differs."""
        content = self._offered(name).content
        self._send_instead(name, content[:-1] + bytes([content[-1] ^ 0xFF]))

    # It answers ranges badly

    def ignores_ranges(self, name: str) -> None:
        """Answer 200 with the whole file, whatever part was asked for."""
        self._set(name, ranges=False)

    def does_not_tell_the_length(self, name: str) -> None:
        """Answer with the whole file without saying how long it is; the end of the connection is the file's end."""
        self._set(name, ranges=False, tells_length=False)

    def has_no_validator(self, name: str) -> None:
        self._set(name, telling="nothing")

    def weakens_its_validator(self, name: str) -> None:
        """Send a weak ETag and no date: nothing that a Range may be bound to."""
        self._set(name, telling="weak")

    def validates_by_date_alone(self, name: str) -> None:
        """Send Last-Modified and no ETag."""
        self._set(name, telling="date")

    def answers_ranges_wrongly(self, name: str, how: WrongRange) -> None:
        """Err in every answer to a Range that begins after the first byte.

        "other bytes": 206 for the part one byte before, and says so; "other total": 206 for the right part of
        a file one byte longer; "416": as if the file had no such part, with a text as the body.
        """
        if how not in get_args(WrongRange):
            raise ValueError(f"{how!r} is none of {', '.join(get_args(WrongRange))}")
        self._set(name, wrong_ranges=how)

    def claims_a_wrong_length(self, name: str, by: int) -> None:
        """Believe the file longer or shorter by so many bytes than it is, in every length that it tells.

        What is believed beyond the end never comes: the connection ends there.
        """
        self._set(name, wrong_length=by)

    # It breaks off

    def cuts_the_body(self, name: str, *, times: int | None = None) -> None:
        """End the connection in the middle of the file, although all of it was promised."""
        self._break(name, "cut", Break(None, Times(times)))

    def drops_the_connection_at(self, name: str, byte: int, times: int | None = 1) -> None:
        """End the connection instead of sending this byte: all before it arrives. Other ranges are served."""
        self._break(name, "cut", Break(byte, Times(times)))

    def falls_silent_at(self, name: str, byte: int, times: int | None = 1) -> None:
        """Send nothing more from this byte on, and keep the connection open until the client leaves."""
        self._break(name, "silence", Break(byte, Times(times), self._gate()))

    def resets_the_connection(self, name: str, times: int | None = 1) -> None:
        """Tear the connection down (RST) instead of an answer."""
        self._set(name, resets=Times(times))

    def holds_back(self, name: str) -> None:
        """Send the first half, and the second only once `lets_go` is called."""
        self._set(name, gate=self._gate(), held_at=None)

    def holds_back_at(self, name: str, byte: int) -> None:
        """Send no byte from this one on, on whichever connection, until `lets_go` is called."""
        self._set(name, gate=self._gate(), held_at=byte)

    def lets_go(self, name: str) -> None:
        """Send the rest to whoever waits for it; hold nobody back any more."""
        with self._lock:
            self._offered(name)
            mood = self._moods[name]
            if mood.gate is not None:
                mood.gate.open()
            mood.gate = None

    def _gate(self) -> Gate:
        gate = Gate()
        with self._lock:
            self._gates.append(gate)
        return gate

    def _refuse(self, name: str, why: str, refusal: Refusal) -> None:
        with self._lock:
            self._offered(name)
            self._moods[name].refusals[why] = refusal

    def _break(self, name: str, what: str, where: Break) -> None:
        with self._lock:
            size = len(self._offered(name).content)
            if where.at is not None and not 0 <= where.at < size:
                raise ValueError(f"{name!r} has {size:,} bytes; there is no byte {where.at:,}")
            self._moods[name].breaks[what, where.at] = where

    def _send_instead(self, name: str, content: bytes) -> None:
        self._set(name, instead=Body.of(content, self._offered(name).body.modified))

    def _set(self, name: str, **changes: Any) -> None:
        with self._lock:
            self._offered(name)
            for mood, value in changes.items():
                setattr(self._moods[name], mood, value)
