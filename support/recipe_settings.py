"""Settings in a product owner's words, taken apart for the programs that want numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Settings = Mapping[str, str]
Loras = Sequence[tuple[str, float, str | None]]


def whole(settings: Settings, name: str) -> int | None:
    return int(settings[name]) if name in settings else None


def real(settings: Settings, name: str) -> float | None:
    return float(settings[name]) if name in settings else None


def sides(settings: Settings) -> tuple[int | None, int | None]:
    found = list(_numbers(settings.get("size", "")))
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def _numbers(size: str) -> Iterator[int]:
    yield from (int(side) for side in size.replace("×", "x").split("x") if side.strip().isdigit())


def by_x(settings: Settings) -> str | None:
    width, height = sides(settings)
    return f"{width}x{height}" if width else None
