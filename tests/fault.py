"""A fault to plant in the studio, and who must notice it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault in one place.

    noun: the features that must notice it, a folder or a file; says: what the message must speak of; shown: in
    the README, too; backend: on which they are run.
    """

    name: str
    noun: str
    file: str
    old: str
    new: str
    says: str
    shown: bool = False
    backend: str = "mock"
