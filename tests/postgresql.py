"""A throw-away PostgreSQL server for the tests that need one; where none can be had, they say why they are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine

_USER = "proofsheet"
_NUMBERS = count(1)
# Whatever the machine loses, nobody misses: the server need not wait for its disk.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")


class NoServer(Exception):
    """Why there is none."""


def _binary(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise NoServer(f"PostgreSQL's {name} is not installed")
    return found


def _not_as_root(folder: Path) -> list[str]:
    """What a command begins with, because PostgreSQL refuses to run as root; the folder is its user's then."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise NoServer("PostgreSQL does not run as root, and there is no setpriv to become somebody else")
    shutil.chown(folder, "nobody", "nogroup")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


class Server:
    """One server, on a socket in a folder of its own; a database for each who asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._as_somebody = _not_as_root(folder)
        data = folder / "data"
        making = ["initdb", "--pgdata", str(data), "--username", _USER, "--auth", "trust", "--encoding", "UTF8"]
        self._run(*making, "--locale", "C.UTF-8", "--no-sync")
        settings = " ".join(f"-c {setting}" for setting in (*_CARELESS, f"unix_socket_directories={folder}"))
        log = folder / "log"
        self._data = data
        self._run("pg_ctl", "start", "--wait", "--pgdata", str(data), "--log", str(log), "--options", settings)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{_USER}@/{database}?host={self._folder}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, dropped at the end."""
        name = f"studio_{next(_NUMBERS)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            yield self.url(name)
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            engine.dispose()

    def close(self) -> None:
        self._run("pg_ctl", "stop", "--pgdata", str(self._data), "--mode", "immediate")

    def _run(self, name: str, *options: str) -> None:
        command = [*self._as_somebody, _binary(name), *options]
        # To a file and not a pipe: the server that pg_ctl starts would hold a pipe open.
        with tempfile.TemporaryFile() as told:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, cwd=self._folder, check=False
            )
            told.seek(0)
            if done.returncode:
                raise NoServer(f"{name} failed: {told.read().decode(errors='replace')[-500:]}")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """One server a session, started when the first test asks for it."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    # Not below pytest's folder or the suite's: a socket's path has at most 107 characters, and the user that the
    # server runs as must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if os.geteuid() == 0 else None))
    try:
        try:
            server = Server(folder)
        except NoServer as why:
            pytest.skip(f"no PostgreSQL: {why}")
        yield server
        server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """An empty database on PostgreSQL."""
    with postgresql_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, first on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studio.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url
