"""A broken promise, told in product words: what was promised, what was found, the nearest evidence."""

from __future__ import annotations

from support.evidence import Evidence


class PromiseBroken(AssertionError):
    """What a Then raises: its text is the same under both runners, because none of it comes from one."""

    def __init__(self, promise: str, finding: str, evidence: str) -> None:
        super().__init__(f"Promise: {promise}\nFound: {finding}\nNearest evidence:\n{_indented(evidence)}")
        self.promise = promise
        self.finding = finding


def hold(holds: bool, promise: str, finding: str, evidence: Evidence) -> None:
    """Raise PromiseBroken unless the promise holds. promise: what must be true; finding: what is."""
    __tracebackhide__ = True
    if not holds:
        raise PromiseBroken(promise, finding, evidence.nearest())


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
