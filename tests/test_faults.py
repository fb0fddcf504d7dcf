"""Each planted fault turns a scenario red, with a message that names the promise it breaks.

Here every tenth one is planted, and those that the README shows; `make faults` plants them all. Whether each still fits
the code is seen here for all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import FAULTS, Fault, plant

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


PLANTED = [fault for number, fault in enumerate(FAULTS) if number % 10 == 0 or fault.shown]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fits_the_code_as_it_is(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text("utf-8")
    assert text.count(fault.old) == 1
    assert fault.old != fault.new
    assert (ROOT / "features" / fault.noun).exists()


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed_for_the_right_reason(fault: Fault, tmp_path: Path) -> None:
    outcome = plant(fault, tmp_path, until_noticed=True)
    assert outcome.noticed is not None, "no scenario noticed it"
    assert fault.says in outcome.message
    assert outcome.message.startswith("Promise: ")
    if fault.shown:
        said = "\n".join(outcome.message.splitlines()[:2])
        assert said in README, "the README shows another message"
