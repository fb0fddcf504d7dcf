"""`python -m app` serves the same studio as a process of its own, and refuses to start on what it cannot use."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def command(home: Path, *more: str, **settings: str) -> tuple[list[str], dict[str, str]]:
    known = {name: value for name, value in os.environ.items() if name not in ("API_KEYS", "BACKEND", "DATABASE_URL")}
    # Not in the project's folder, where somebody's .env may lie.
    return [sys.executable, "-m", "app", "--port", "0", "--home", str(home), *more], known | {
        "PYTHONPATH": str(ROOT)
    } | settings


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A served studio and its address; its one line is read, then it is asked to end."""
    arguments, environment = command(tmp_path / "home")
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert address is not None, line
        yield process, address[1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) in (0, -signal.SIGTERM)


def test_it_says_where_it_listens_and_answers_there(studio: tuple[subprocess.Popen[str], str]) -> None:
    _, address = studio
    assert httpx.get(f"{address}/health").json()["status"] == "ready"


def test_it_explains_itself_at_docs(studio: tuple[subprocess.Popen[str], str]) -> None:
    _, address = studio
    assert httpx.get(f"{address}/docs").status_code == 200
    paths = httpx.get(f"{address}/openapi.json").json()["paths"]
    assert {"/api/lm/download", "/inference", "/health", "/api/mv/generate_character_reference"} <= paths.keys()


@pytest.mark.parametrize(
    ("more", "settings", "message"),
    [
        (["--backend", "paint"], {}, "BACKEND: Input should be 'mock'"),
        ([], {"DOWNLOAD_CONCURRENCY": "0"}, "DOWNLOAD_CONCURRENCY: Input should be greater than or equal to 1"),
        ([], {"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "the studio cannot start: the database"),
        (["--host", "203.0.113.1"], {}, "203.0.113.1:0 cannot be listened on"),
        (["--port", "99999"], {}, "127.0.0.1:99999 cannot be listened on"),
    ],
    ids=["backend", "number", "database", "address", "port"],
)
def test_it_does_not_start_on_what_it_cannot_use(
    tmp_path: Path, more: list[str], settings: dict[str, str], message: str
) -> None:
    arguments, environment = command(tmp_path / "home", *more, **settings)
    done = subprocess.run(
        arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_told(studio: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    _, address = studio
    arguments, environment = command(tmp_path / "other", "--port", address.rpartition(":")[2])
    done = subprocess.run(
        arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert "cannot be listened on" in done.stderr


def test_a_home_may_be_named_from_the_users_own() -> None:
    assert Settings.exactly(studio_home="~/studio").studio_home == Path.home() / "studio"


def test_the_mock_run_never_imports_torch() -> None:
    code = (
        "import sys, app.studio, support.world; "
        "print([m for m in ('torch', 'diffusers', 'numpy', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
