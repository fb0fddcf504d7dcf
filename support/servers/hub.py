"""A model hub on loopback: Civitai and Hugging Face in one, which remembers what it sent and misbehaves when told to.

The real thing: Civitai's REST API v1 and Hugging Face's `resolve` as of 2026 (what each tells and leaves out is
said in hub_civitai.py and hub_huggingface.py), plain files as a CDN serves them, and a second host for what lies
elsewhere: mirrors and signed links. It refuses what the real ones refuse: other methods than GET and HEAD, keys
it does not know, links without their signature, links that come with a key as well.
Left out: accounts, search and lists, previews, TLS and HTTP/2.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from support.servers import hub_huggingface as huggingface
from support.servers.hub_civitai import Civitai, answer_json, refused_to
from support.servers.hub_files import Delivery
from support.servers.hub_memory import Memory, Traffic
from support.servers.hub_moods import Moods
from support.servers.hub_offers import Mood, Offered, Refusal
from support.servers.hub_stock import Place, SecondHost
from support.servers.serving import Exchange

__all__ = ["Hub", "Offered", "SecondHost"]

# The first of these that holds is answered.
REFUSALS = ("gone", "busy", "fails", "refuses", "page")
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
TWO_KEYS = b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>"


class Hub(Moods, Memory):
    """The hub of one scenario. port: 0 picks a free one; now: what its clock shows, for waits told as a date."""

    def __init__(self, *, port: int = 0, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._traffic = Traffic()
        super().__init__(port=port, now=now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything, downloads that are held back included; no thread and no socket is left."""
        with self._lock:
            gates, servers = list(self._gates), [self._server, *([self._second] if self._second else [])]
        for gate in gates:
            gate.open()
        for server in servers:
            server.close()
        for gate in gates:
            gate.close()

    def _answer(self, exchange: Exchange) -> None:
        with self._lock:
            self.requests.append(exchange.seen)
            place = self._places.get(exchange.path)
            if exchange.seen.host != self.host and place is None:
                self.unexpected.append(exchange.seen)
        if exchange.method not in ("GET", "HEAD"):
            exchange.hang_up()  # whatever body it brought is left unread
        if place is not None:
            self._answer_file(exchange, place)
        elif exchange.seen.host != self.host:
            answer_json(exchange, 404, {"error": "Not Found"})
        else:
            self._answer_hub(exchange)

    def _answer_hub(self, exchange: Exchange) -> None:
        with self._lock:
            offers, moods, now = list(self._offers.values()), dict(self._moods), self._now()
        if exchange.method not in ("GET", "HEAD"):
            with self._lock:
                self.unexpected.append(exchange.seen)
            exchange.answer(405, {"Allow": "GET, HEAD"})
        elif huggingface.is_of_a_repository(exchange.path):
            offered = huggingface.find(exchange, offers)
            if offered is not None:
                self._answer_repository(exchange, offered)
        elif not Civitai(offers, moods, url=self.url, now=now).answer(exchange):
            with self._lock:
                self.unexpected.append(exchange.seen)
            answer_json(exchange, 404, {"error": "Not Found"})

    def _answer_repository(self, exchange: Exchange, offered: Offered) -> None:
        mood = self._moods[offered.name]
        if huggingface.lacks_the_key(exchange, offered, mood):
            return
        if huggingface.is_page(exchange.path):
            huggingface.answer_page(exchange, offered)
        elif not self._refused(exchange, mood):
            with self._lock:
                location = self._elsewhere(offered.name) or self._sign(offered.name)
            huggingface.answer_resolved(exchange, offered, mood, location)

    def _answer_file(self, exchange: Exchange, place: Place) -> None:
        with self._lock:
            offered, mood = self._offers[place.name], self._moods[place.name]
            own = exchange.seen.host == self.host
        if exchange.method not in ("GET", "HEAD"):
            exchange.answer(405, {"Allow": "GET, HEAD"})
            return
        if place.signed:
            refused = self._refused_by_link(exchange)
        elif place.mirror:
            refused = self._refused_by_mirror(exchange, mood.mirror_refusals.get(place.mirror))
        else:
            refused = own and (self._refused(exchange, mood) or self._sent_elsewhere(exchange, place.name, mood))
        if not refused:
            Delivery(exchange, offered, mood, lock=self._lock, traffic=self._traffic).send()

    def _refused(self, exchange: Exchange, mood: Mood) -> bool:
        """Give the answer that the file's own address gives instead of the file; False when there is none."""
        with self._lock:
            reset = mood.resets.spend()
            why = None if reset else next((r for r in map(mood.refusals.get, REFUSALS) if r and r.times.spend()), None)
        if reset:
            exchange.reset()
            return True
        if why is not None:
            exchange.answer(why.status, why.headers, why.body)
            return True
        return refused_to(exchange, mood, self._now())

    def _sent_elsewhere(self, exchange: Exchange, name: str, mood: Mood) -> bool:
        with self._lock:
            again = f"{self._offers[name].url}?turn={len(self.requests)}"
            location = again if mood.circling else self._elsewhere(name)
        if location is not None:
            exchange.answer(302, {"Location": location})
        return location is not None

    def _refused_by_mirror(self, exchange: Exchange, why: Refusal | None) -> bool:
        if why is not None:
            exchange.answer(why.status, why.headers, why.body)
        return why is not None

    def _refused_by_link(self, exchange: Exchange) -> bool:
        """403 to a link that is used up or not signed, 400 to one that comes with a key besides its signature."""
        link = self._links[exchange.path]
        xml = {"Content-Type": "application/xml"}
        if "authorization" in exchange.headers:
            exchange.answer(400, xml, TWO_KEYS)
            return True
        with self._lock:
            signed = exchange.query.get("X-Amz-Signature") == link.signature
            served = signed and (link.serves.spend() if exchange.method == "GET" else link.serves.left != 0)
        if not served:
            exchange.answer(403, xml, EXPIRED)
        return not served


def main() -> None:
    """Serve alone, with two files on offer, until interrupted."""
    parser = argparse.ArgumentParser(description="the model hub's double, alone")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    with Hub(port=parser.parse_args().port) as hub:
        print(f"listening on {hub.url}", flush=True)
        for offered in (hub.offers("flux-kontext", size_bytes=1_000_000), hub.offers("old-film", size_bytes=50_000)):
            print(f"offers {offered.file_name} as version {offered.version_id} at {offered.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(hub.log())


if __name__ == "__main__":
    main()
