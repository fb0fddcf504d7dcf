"""Each planted fault turns a scenario red, with a message that names the promise it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import FAULTS, Fault, plant

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed_for_the_right_reason(fault: Fault, tmp_path: Path) -> None:
    outcome = plant(fault, tmp_path, until_noticed=True)
    assert outcome.noticed is not None, "no scenario noticed it"
    assert fault.says in outcome.message
    assert outcome.message.startswith("Promise: ")
    if fault.shown:
        said = "\n".join(outcome.message.splitlines()[:2])
        assert said in README, "the README shows another message"
