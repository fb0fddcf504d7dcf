"""`python -m app.downloads` as a process of its own: what scripts can rely on, and what Ctrl-C leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.processes import ROOT
from support.servers.hub import Hub
from support.waiting import until
from tests.packages import GOOD, MODEL, OTHER, zipped

KEY = "a-key-that-nobody-may-see"


class Terminal:
    """Runs the command in a folder of its own, with nothing of this process's environment."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.folder = folder
        self.hub = hub
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "HUB_URL": hub.url,
            "HUGGINGFACE_URL": hub.url,
            "DOWNLOAD_KEEP_FREE_BYTES": "0",
            "HUB_KEY": KEY,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "app.downloads", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, list[str], str]:
        """How it ended, its lines on stdout, and what it said on stderr."""
        with self.start(*arguments) as process:
            said, complained = process.communicate(timeout=60)
        return process.returncode, said.splitlines(), complained

    def holds(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def terminal(tmp_path: Path, hub: Hub) -> Terminal:
    return Terminal(tmp_path, hub)


def test_it_keeps_what_it_is_given_addresses_of_and_says_where(terminal: Terminal, hub: Hub) -> None:
    lora, film = hub.offers("neon-city", size_bytes=300_000), hub.offers("old-film", repo_id="anna/film")
    page = f"{hub.url}/models/{lora.model_id}/neon-city?modelVersionId={lora.version_id}"
    ended = terminal.run(page, f"{hub.url}/anna/film/blob/main/old-film.safetensors", "--into", "models")
    names = ["models/neon-city.safetensors", "models/old-film.safetensors"]
    assert ended == (0, [str(terminal.folder / name) for name in names], "")
    assert terminal.holds() == dict(zip(names, (lora.content, film.content), strict=True))
    assert hub.unexpected == []


def test_a_file_that_is_there_already_is_shared(terminal: Terminal, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    assert terminal.run(lora.url) == terminal.run(lora.url, "--sha256", lora.sha256.upper(), "--quiet")
    assert list(terminal.holds()) == ["neon-city.safetensors"]


def test_a_refusal_for_good_ends_with_1_leaves_nothing_and_the_rest_is_downloaded(terminal: Terminal, hub: Hub) -> None:
    lora, page = hub.offers("neon-city"), hub.offers("page")
    hub.sends_its_sign_in_page("page")
    code, said, complained = terminal.run(page.url, f"{hub.url}/files/none.safetensors", lora.url)
    assert (code, said) == (1, [str(terminal.folder / "neon-city.safetensors")])
    assert "(not_a_model)" in complained and "(not_there)" in complained
    assert list(terminal.holds()) == ["neon-city.safetensors"]


def test_a_wrong_sum_ends_with_1_and_names_both(terminal: Terminal, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    code, said, complained = terminal.run(lora.url, "--sha256", "0" * 64)
    assert (code, said, terminal.holds()) == (1, [], {})
    assert "0" * 64 in complained and lora.sha256 in complained


def test_what_may_work_later_ends_with_75_and_the_same_command_goes_on(terminal: Terminal, hub: Hub) -> None:
    lora = hub.offers("neon-city", size_bytes=20_000_000)
    hub.drops_the_connection_at("neon-city", 9_000_000, times=None)
    code, said, complained = terminal.run(lora.url, "--attempts", "1", "--connections", "1")
    assert (code, said) == (75, [])
    assert "of neon-city.safetensors are kept; run the same command again to go on" in complained
    hub.drops_the_connection_at("neon-city", 9_000_000, times=0)
    assert terminal.run(lora.url)[0] == 0
    assert terminal.holds() == {"neon-city.safetensors": lora.content}
    assert hub.sent_twice("neon-city") <= 8 * 1024 * 1024


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_is_there_and_says_how_to_go_on(
    terminal: Terminal, hub: Hub, sent: signal.Signals
) -> None:
    lora = hub.offers("neon-city", size_bytes=20_000_000)
    hub.holds_back_at("neon-city", 12_000_000)
    with terminal.start(lora.url, "--connections", "1") as process:
        assert until(lambda: hub.is_holding("neon-city"))
        process.send_signal(sent)
        said, complained = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert "interrupted; " in complained
    assert f"of {len(lora.content):,} bytes of neon-city.safetensors are kept; run the same command" in complained
    assert "neon-city.safetensors" not in terminal.holds()
    before = hub.has_sent("neon-city")
    hub.lets_go("neon-city")
    assert terminal.run(lora.url)[0] == 0
    assert terminal.holds() == {"neon-city.safetensors": lora.content}
    assert hub.has_sent("neon-city") - before < len(lora.content) - 8_000_000


def test_a_second_process_stays_away_from_the_same_file(terminal: Terminal, hub: Hub) -> None:
    lora = hub.offers("neon-city", size_bytes=300_000)
    hub.holds_back("neon-city")
    with terminal.start(lora.url) as process:
        assert until(lambda: hub.is_holding("neon-city"))
        code, said, complained = terminal.run(lora.url)
        assert (code, said, "(in_progress)" in complained) == (75, [], True)
        hub.lets_go("neon-city")
        assert process.wait(60) == 0
    assert terminal.holds() == {"neon-city.safetensors": lora.content}


def test_a_key_comes_from_the_environment_and_goes_to_its_host_alone(terminal: Terminal, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    hub.needs_a_key("neon-city", KEY)
    hub.moves_to_the_second_host("neon-city")
    assert terminal.run(lora.url)[0] == 1
    code, _, complained = terminal.run(lora.url, "--key", f"{hub.host}=HUB_KEY")
    assert (code, complained) == (0, "")
    assert hub.keys_seen() == {hub.host: {KEY}, hub.second_host.host: set()}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "required: URL"),
        (["ftp://hub.example/a"], "urls.0: only http and https"),
        (["http://hub.example/a", "http://hub.example/b", "--sha256", "0" * 64], "sha256: one sum cannot be promised"),
        (["http://hub.example/a", "--sha256", "abc"], "64 hexadecimal digits"),
        (["http://hub.example/a", "--connections", "17"], "DOWNLOAD_CONNECTIONS"),
        (["http://hub.example/a", "--key", "hub.example"], "say HOST=VARIABLE"),
        (["http://hub.example/a", "--key", "hub.example=UNSET"], "no such variable for hub.example"),
        (["http://hub.example/a", "--key", "a/b=HUB_KEY"], "is no host"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_what_is_wrong(
    terminal: Terminal, arguments: Sequence[str], why: str
) -> None:
    code, said, complained = terminal.run(*arguments)
    assert (code, said) == (2, [])
    assert why in complained
    assert KEY not in complained


def test_a_package_says_each_of_its_models(terminal: Terminal, hub: Hub) -> None:
    package = hub.offers("package.zip", content=zipped([GOOD, ("x/old-film.safetensors", OTHER)]))
    code, said, _ = terminal.run(package.url)
    assert (code, [Path(line).name for line in said]) == (0, ["neon-city.safetensors", "old-film.safetensors"])
    assert terminal.holds() == {"neon-city.safetensors": MODEL, "old-film.safetensors": OTHER}
