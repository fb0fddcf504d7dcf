"""What tests of several files begin with; a file that needs it otherwise says so itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers.hub import Hub
from tests.counter import Counter
from tests.download_desk import Desk
from tests.scripted_transfer import ScriptedTransfer

# Where these tests were begun in the background of a shell, interrupts are ignored, and by whatever they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """The double of a model hub, living by the machine's clock."""
    with Hub() as hub:
        yield hub


@pytest.fixture
def counter(hub: Hub) -> Iterator[Counter]:
    """Sources that ask the hub, and count what they ask."""
    counter = Counter(hub.url)
    yield counter
    counter.web.close()


@pytest.fixture
def engine() -> ScriptedTransfer:
    """Transfers that do what the test says."""
    return ScriptedTransfer()


@pytest.fixture
def desk(tmp_path: Path, engine: ScriptedTransfer) -> Iterator[Desk]:
    """A queue with one place, open, whose transfers the test decides."""
    desk = Desk(tmp_path, transfer=engine, concurrency=1)
    desk.open()
    yield desk
    desk.close()
