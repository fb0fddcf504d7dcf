"""The real S3 server as the suite starts it: honest, quickly there, and gone with whoever started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support import leaks
from support.processes import ROOT, Process
from support.servers import s3_machine
from support.servers.s3 import APP, READ_ONLY, Bucket, S3Server, ServerDidNotStart
from support.waiting import until
from tests.s3 import bucket, own_server, skip_unless_available

__all__ = ["bucket", "own_server"]


@pytest.fixture(autouse=True)
def _server_is_installed() -> None:
    skip_unless_available()


def refused(server: S3Server, identity: object, what: str, **how: object) -> str:
    """S3's code for why that identity may not; "" when it may."""
    try:
        with server.client(identity) as client:  # type: ignore[arg-type]
            getattr(client, what)(**how)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_each_identity_may_do_its_own_and_no_more(bucket: Bucket) -> None:
    server, here = bucket.server, {"Bucket": bucket.name}
    assert refused(server, APP, "put_object", Key="a", Body=b"x", **here) == ""
    assert refused(server, APP, "list_objects_v2", **here) == ""
    assert refused(server, APP, "create_bucket", Bucket="another-one") == "AccessDenied"
    assert refused(server, APP, "delete_bucket", **here) == "AccessDenied"
    assert refused(server, READ_ONLY, "get_object", Key="a", **here) == ""
    assert refused(server, READ_ONLY, "put_object", Key="b", Body=b"x", **here) == "AccessDenied"
    assert refused(server, READ_ONLY, "delete_object", Key="a", **here) == "AccessDenied"
    assert bucket.keys() == ["a"]


def test_a_bucket_is_empty_and_of_its_own_and_gone_when_it_is_closed(bucket: Bucket) -> None:
    other = bucket.server.bucket()
    bucket.put("a", b"mine")
    assert (other.keys(), bucket.keys(), bucket.read("a")) == ([], ["a"], b"mine")
    other.put("b", b"")
    other.close()
    other.close()
    with pytest.raises(ClientError, match="NoSuchBucket"):
        other.keys()


def test_what_is_frozen_takes_connections_and_goes_on_when_it_is_thawed(own_server: S3Server) -> None:
    bucket = own_server.bucket()
    own_server.freeze()
    port = int(own_server.url.rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    own_server.thaw()
    bucket.put("a", b"x")
    own_server.freeze()
    bucket.close()  # a scenario that forgot to thaw it


def test_what_was_kept_is_there_after_a_kill(own_server: S3Server) -> None:
    bucket = own_server.bucket()
    bucket.put("a", b"kept")
    url = own_server.url
    own_server.kill()
    own_server.kill()
    bucket.close()  # harmless: it is gone with the server
    own_server.restart()
    assert (bucket.read("a"), own_server.url) == (b"kept", url)


def test_nothing_is_left_of_a_server_that_is_closed() -> None:
    with S3Server() as first:
        first.bucket().put("a", b"x")
    before = leaks.Traces.now()
    server = S3Server()
    bucket = server.bucket()
    bucket.put("a", b"x")
    bucket.close()
    leaks.check(before)  # not even while it runs: scenarios share one
    server.close()
    server.close()
    leaks.check(before)
    assert not server.folder.exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=2)


def test_a_server_that_cannot_start_says_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(ServerDidNotStart, match="SeaweedFS does not answer"):
        S3Server(folder=tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_the_server_ends_with_a_run_that_is_killed_and_its_folder_with_the_next() -> None:
    program = "from support.servers.s3 import S3Server; s = S3Server(); print(s.url, s.folder, flush=True); input()"
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with run:
        assert run.stdout is not None
        url, folder = run.stdout.readline().split()
        port = int(url.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        run.send_signal(signal.SIGKILL)

    def refuses() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    assert until(refuses)
    assert Path(folder).exists()
    S3Server().close()
    assert not Path(folder).exists()


def test_it_serves_alone_and_prints_what_a_studio_needs(tmp_path: Path) -> None:
    with Process("support.servers.s3", "--port", "0", folder=tmp_path) as alone:
        process = alone._process
        assert process is not None
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(6)]
    told = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert told["AWS_ENDPOINT_URL"] == alone.address
    assert (told["STORAGE_BACKEND"], told["STORAGE_BUCKET"]) == ("s3", "proofsheet")
    assert told.keys() >= {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_the_ports_are_none_that_clients_are_given() -> None:
    ports = s3_machine.free_ports(8)
    assert len(set(ports)) == 8
    assert max(ports) < 32_768
    assert s3_machine.is_alive(os.getpid())
