"""One prediction as Replicate's API tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Source: "Prediction lifecycle"; aborted is what a deadline does to one that never started.
ENDS = frozenset({"succeeded", "failed", "canceled", "aborted"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# A progress bar in the logs, as replicate-python reads it too: " 25%|██▌       | 7/28 [00:01<00:03, 6.9it/s]".
_BAR = re.compile(r"^\s*\d+%\s*\|.*?\|\s*(\d+)/(\d+)")


@dataclass(frozen=True)
class Prediction:
    """status: starting, processing, succeeded, failed, canceled or aborted; outputs: addresses of files.

    urls: `get` and `cancel`, where they were told; data_removed: input and outputs are no longer kept.
    """

    id: str
    status: str
    input: Mapping[str, Any] = field(repr=False)
    outputs: tuple[str, ...] = field(repr=False)
    error: str
    logs: str = field(repr=False)
    model: str
    urls: Mapping[str, str] = field(repr=False)
    data_removed: bool

    @property
    def has_ended(self) -> bool:
        return self.status in ENDS

    def step(self, of: int) -> int:
        """How many inference steps its logs tell as done, of `of`; 0 where they tell none."""
        for line in reversed(re.split(r"[\r\n]+", self.logs)):
            bar = _BAR.match(line)
            if bar is not None and int(bar[2]):
                return round(of * min(int(bar[1]) / int(bar[2]), 1))
        return 0

    @classmethod
    def of(cls, body: Any) -> Prediction | None:
        """The prediction that a JSON body tells; None for one that tells none."""
        if not isinstance(body, Mapping) or not _ID.fullmatch(str(body.get("id", ""))):
            return None
        urls = body.get("urls")
        told = urls.items() if isinstance(urls, Mapping) else ()
        given = body.get("input")
        return cls(
            id=str(body["id"]),
            status=str(body.get("status", "")),
            input=given if isinstance(given, Mapping) else {},
            outputs=_addresses(body.get("output")),
            error=str(body.get("error") or ""),
            logs=str(body.get("logs") or ""),
            model=str(body.get("model") or ""),
            urls={str(name): url for name, url in told if isinstance(url, str)},
            data_removed=body.get("data_removed") is True,
        )


def _addresses(output: Any) -> tuple[str, ...]:
    """Of a model with one output file, or a list of them."""
    listed = output if isinstance(output, list) else [output]
    return tuple(one for one in listed if isinstance(one, str))
