"""The README's way from curl to a picture is walked as it stands there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from support import pictures
from tests.test_readme import ROOT, section


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's commands need curl, which is not here")
def test_a_job_goes_from_curl_to_picture_as_shown(tmp_path: Path) -> None:
    studio, comfyui = free_port(), free_port()
    shown = section("comfyui").removeprefix("```sh\n").removesuffix("```")
    script = shown.replace("8188", str(comfyui)).replace("8000", str(studio)).replace(".venv", str(ROOT / ".venv"))
    known = {name: value for name, value in os.environ.items() if name not in ("API_KEYS", "BACKEND", "DATABASE_URL")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"trap 'kill $(jobs -p)' EXIT\n{script}"],
        cwd=tmp_path,
        env=known
        | {
            "STUDIO_HOME": str(tmp_path / "home"),
            "COMFYUI_URLS": f"http://127.0.0.1:{comfyui}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    circle = (tmp_path / "circle.png").read_bytes()
    assert (pictures.main_colour(circle), pictures.main_shape(circle)) == ("red", "circle")
    assert pictures.decode(circle).size == (512, 512)
    assert pictures.decode((tmp_path / "small.webp").read_bytes()).size == (128, 128)
