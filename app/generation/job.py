"""A generation job: everything that is known of it, as its row was when somebody looked."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.generation.port import GenerationRequest, Lora, Ticket
from app.generation.state import JobState

URGENT, NORMAL = 0, 1
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


@dataclass
class GenerationJob:
    """One job. Its row is the truth, this what it was: whoever wants to change it compares first.

    turn: its place in the queue, smallest first; a retried one goes to the end. urgency: 0 overtakes 1.
    request: the fields of its GenerationRequest but the references, whose object keys are `reference_keys`.
    asked: the fields of the call, for those who look at the job. painted: the picture, once there is one:
    pictures (number, key, seed, width, height, content_type, size_bytes, sha256), checkpoint, warnings, applied,
    not_applied. error: code, message, status, and node or field where there is one.
    attempt_id, place: of the newest attempt, and where it was put; attempt_open: it may still run there.
    holder, lease_until: which studio works on it, and until when it may be believed to.
    """

    id: str
    turn: int
    urgency: int
    kind: str
    state: str
    request: dict[str, Any]
    reference_keys: list[str]
    asked: dict[str, Any]
    output: dict[str, Any]
    previews: bool
    backend: str
    attempts: int
    attempt_id: str | None
    attempt_open: bool
    place: str | None
    holder: str | None
    lease_until: datetime | None
    waiting_until: datetime | None
    painted: dict[str, Any] | None
    kept: bool
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None

    @property
    def status(self) -> JobState:
        return JobState(self.state)

    @property
    def ticket(self) -> Ticket:
        return Ticket(self.urgency, self.turn, self.id)

    @property
    def pictures(self) -> list[dict[str, Any]]:
        pictures: list[dict[str, Any]] = (self.painted or {}).get("pictures", [])
        return pictures

    @property
    def character_references(self) -> tuple[str, ...]:
        """The ids of the stored character references that it was asked for with, in small letters."""
        named = [*self.asked.get("character_references", ()), self.asked.get("image")]
        return tuple(one.lower() for one in named if isinstance(one, str) and _UUID.fullmatch(one))

    def wanted(self, references: tuple[bytes, ...]) -> GenerationRequest:
        """The request as it was, `references` being the pictures of that name."""
        fields = self.request | {"loras": tuple(Lora(**lora) for lora in self.request["loras"])}
        return GenerationRequest(**fields, references=references)


def kept_fields(request: GenerationRequest) -> dict[str, Any]:
    """A request as its row keeps it."""
    fields = {name: value for name, value in vars(request).items() if name != "references"}
    return fields | {"loras": [asdict(lora) for lora in request.loras]}
