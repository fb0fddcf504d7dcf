"""What a scenario does with the store in the cloud, and with the links that lead into it."""

from __future__ import annotations

import http.client
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from support.acts.log_reader import LogReader
from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.servers.s3 import Bucket, S3Server
    from support.world import World

PATIENCE_SECONDS = 10.0
A_LITTLE_MORE = timedelta(seconds=5)
SIGNATURE, DEADLINE = "X-Amz-Signature", "X-Amz-Expires"


@dataclass(frozen=True)
class Opened:
    """What a store answered to somebody who has nothing but a link."""

    status: int
    headers: dict[str, str]
    content: bytes


def opened(link: str, method: str = "GET", content: bytes | None = None) -> Opened:
    """Use a link as anybody does: no key, no cookie, no following. http.client, which writes no log of its own."""
    parts = urlsplit(link)
    connects = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = connects(parts.netloc, timeout=PATIENCE_SECONDS)
    try:
        line.request(method, urlunsplit(("", "", parts.path, parts.query, "")), body=content)
        response = line.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Opened(response.status, headers, response.read())
    finally:
        line.close()


class Cloud:
    """Verbs on the bucket and its links; remembers the links that were told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.link = ""
        self.misused: Opened | None = None
        self.log: LogReader | None = None
        self._bucket: Bucket | None = None
        self._server: S3Server | None = None
        self.is_broken = False

    # What the studio is set to

    def use(self) -> None:
        """A bucket of the scenario's own, at the server that the whole run shares."""
        self._must_be_offered()
        from support.servers.s3 import shared_server  # noqa: PLC0415  # not to be paid for by a run without it

        bucket = shared_server().bucket()
        self._world.at_the_end(bucket.close)
        self._have(bucket)

    def use_a_server_that_may_fail(self) -> None:
        """A bucket at a server of the scenario's own, which it may freeze and kill."""
        self._must_be_offered()
        from support.servers.s3 import S3Server  # noqa: PLC0415  # not to be paid for by a run without it

        self._server = S3Server()
        self._world.at_the_end(self._server.close)
        self._have(self._server.bucket())

    def _must_be_offered(self) -> None:
        if "s3" not in self._world.environment.offers:
            raise StepError("this speaks of a bucket: tag the scenario @needs.s3")
        if self._world.studio_runs:
            raise StepError("say where the studio keeps its pictures before it is first used")

    def use_with(self, trouble: str) -> None:
        self.use()
        settings = {
            "is missing": {"storage_bucket": "never-made"},
            "knows another key": {"aws_secret_access_key": "not-the-one"},
        }[trouble]
        self._world.decide(**settings)

    def _have(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._world.decide(**bucket.settings)

    def only_read(self) -> None:
        self._world.decide(**self.bucket.read_only().settings)

    def serve(self) -> None:
        self._world.decide(serve_from_cloud=True)

    def have_links_good_for(self, length: timedelta) -> None:
        self._world.decide(presigned_url_expiry=round(length.total_seconds()))

    def set(self, name: str, value: str) -> None:
        """Set one of the studio's settings by its published name, as an environment does: in words."""
        self._world.decide(**{name.lower(): value})

    @property
    def in_use(self) -> bool:
        return self._bucket is not None

    @property
    def bucket(self) -> Bucket:
        if self._bucket is None:
            raise StepError("this looks into a bucket: say that the studio keeps its pictures on S3")
        return self._bucket

    # What becomes of the store

    def trouble(self, what: str) -> None:
        verbs = {"is out of order": self.server.kill, "answers no more": self.server.freeze}
        verbs[what]()
        self.is_broken = True

    def mend(self, what: str) -> None:
        verbs = {"is in order again": self.server.restart, "answers again": self.server.thaw}
        verbs[what]()
        self.is_broken = False

    @property
    def server(self) -> S3Server:
        if self._server is None:
            raise StepError("this breaks the store: say that it is at a server that may fail")
        return self._server

    def lose_local_copies(self) -> None:
        """What lies in the studio's own folder of pictures goes; what it knows of them stays."""
        self._world.client.health().must()
        shutil.rmtree(self._world.home / "store")

    def start_on_an_empty_machine(self) -> None:
        """Another machine of the same settings: nothing of what the first one had is there."""
        self._world.client.health().must()
        self._world.restart()
        shutil.rmtree(self._world.home)

    # The links

    def fetch_link(self, image_id: str) -> None:
        answer = self._world.client.characters.reference(image_id).must()
        if not isinstance(answer.body, dict):
            raise StepError("no link was told: the picture itself was sent")
        self.link = str(answer.body["image_url"])

    def wait_for_its_end(self) -> None:
        """As long as links are set to be good, and a little more, by the machine's clock, which the store goes by."""
        length = timedelta(seconds=self._world.settings["presigned_url_expiry"]) + A_LITTLE_MORE
        until(lambda: opened(self.link).status != http.client.OK, within=length)

    def follow(self, image_id: str) -> None:
        self._world.ask(self._world.client.characters.reference(image_id, redirect="true"))

    def ask_for_proxy(self, image_id: str) -> None:
        self._world.ask(self._world.client.characters.reference(image_id, proxy="true"))

    def misuse(self, how: str, own_id: str, other_id: str) -> None:
        """Use the link for what it was not made for. own_id, other_id: the picture that it opens, and another."""
        address, _, query = self.link.partition("?")
        told = parse_qs(query)
        signature, deadline = told[SIGNATURE][0], int(told[DEADLINE][0])
        another = ("1" if signature[0] == "0" else "0") + signature[1:]
        links = {
            "with another picture's name": self.link.replace(own_id, other_id),
            "with another deadline": self.link.replace(f"{DEADLINE}={deadline}", f"{DEADLINE}={deadline + 60}"),
            "with a letter of its signature changed": self.link.replace(signature, another),
            "without its signature": address,
            "for the whole bucket": f"{address.partition('/character_references/')[0]}/?{query}",
        }
        link, method = links.get(how, self.link), {"to write": "PUT", "to delete": "DELETE"}.get(how, "GET")
        if link == self.link and method == "GET":
            raise StepError(f"a link that is used {how} is the very same link: {self.link}")
        self.misused = opened(link, method, b"no picture" if method == "PUT" else None)

    # What lies in the bucket

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket, looked at by its owner, over one line."""
        bucket, keys = self.bucket, self.bucket.keys()
        with bucket.server.client() as client:
            return {key: client.get_object(Bucket=bucket.name, Key=key)["Body"].read() for key in keys}

    def checksums(self) -> dict[str, str] | None:
        """Of everything in the bucket, as the store itself tells them; None where nobody can look."""
        if self._bucket is None or self.is_broken:
            return None
        with self._bucket.server.client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name)
            return {found["Key"]: found["ETag"] for page in pages for found in page.get("Contents", ())}

    @property
    def secrets(self) -> list[str]:
        """What opens the bucket."""
        named = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        settings: dict[str, Any] = self._world.settings
        return [str(settings[name]) for name in named if settings.get(name)]

    def read_log_along(self) -> None:
        self.log = LogReader()
        self._world.at_the_end(self.log.close)
