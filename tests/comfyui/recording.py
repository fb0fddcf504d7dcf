"""Records every interaction from a server: `python -m tests.comfyui.recording --url URL --out FILE`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import httpx

from tests.comfyui.interactions import INTERACTIONS, observe
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit

TIMEOUT_SECONDS = 120.0


def client() -> httpx.Client:
    """For plain HTTP on one machine: no proxies, and no certificates, whose loading costs more than a replay."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, verify=False)


def canonical(value: Json) -> str:
    """One text for one value: 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def read(path: Path) -> dict[str, Json]:
    return dict(json.loads(path.read_text("utf-8"))["interactions"])


def write(path: Path, version: str, seen: dict[str, Json]) -> None:
    """One interaction a line, so that a difference between two recordings can be read."""
    lines = ",\n".join(f"{json.dumps(name)}: {canonical(seen[name])}" for name in sorted(seen))
    path.write_text(f'{{"comfyui_version": {json.dumps(version)}, "interactions": {{\n{lines}\n}}}}\n', "utf-8")


def record(url: str, names: list[str], web: httpx.Client) -> tuple[dict[str, Json], dict[str, str]]:
    """What was seen, and why the rest could not be."""
    seen: dict[str, Json] = {}
    failed: dict[str, str] = {}
    Visit(url, web).settle()
    for name in names:
        started = time.monotonic()
        try:
            seen[name] = json.loads(canonical(observe(url, INTERACTIONS[name], web)))
        except Exception as error:  # one that cannot be recorded must not cost the others
            failed[name] = f"{type(error).__name__}: {error}"
        print(f"{time.monotonic() - started:7.2f} s  {name}  {failed.get(name, '')}", flush=True)
    return seen, failed


def main() -> int:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--url", required=True)
    asks.add_argument("--out", required=True, type=Path)
    asks.add_argument("--only", nargs="*", help="record these anew and keep the rest of the file")
    asked = asks.parse_args()
    names = asked.only or list(INTERACTIONS)
    with client() as web:
        version = web.get(asked.url.rstrip("/") + "/system_stats").json()["system"]["comfyui_version"]
        seen, failed = record(asked.url, names, web)
    kept = read(asked.out) if asked.only and asked.out.exists() else {}
    write(asked.out, version, {**kept, **seen})
    print(f"{len(seen)} recorded, {len(failed)} failed; {asked.out.stat().st_size:,} bytes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
