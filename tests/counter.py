"""Where tests ask for sources, of a hub's double or of one that says one thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.clock import SystemClock
from app.downloads.faults import TransferFailed
from app.downloads.orders import Order, SourceKind
from app.downloads.sources import Source, Sources
from app.downloads.stop import Stop
from app.downloads.web import Web

SHA256 = "ab" * 32


@dataclass
class Wishes:
    path_template: str = ""
    safe_mode: bool = False
    keys: dict[str, str] = field(default_factory=dict)


class Counter:
    """Where sources are asked for, of a hub at `url`."""

    def __init__(self, url: str) -> None:
        self.wishes = Wishes()
        self.web = Web(clock=SystemClock(), allow_private=True, stall_seconds=5, keys=lambda: self.wishes.keys)
        self.sources = Sources(web=self.web, civitai_url=url, huggingface_url=url, preferences=lambda: self.wishes)

    def resolve(self, order: Order) -> Source:
        return self.sources.resolve(order, Stop())

    def refusal(self, order: Order) -> TransferFailed:
        with pytest.raises(TransferFailed) as refused:
            self.resolve(order)
        return refused.value


def version(version_id: int | None, **more: Any) -> Order:
    return Order(SourceKind.CIVITAI, model_version_id=version_id, **more)
