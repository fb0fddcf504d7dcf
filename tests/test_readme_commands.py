"""The README's ways from curl to a picture and to a model are walked as they stand there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from support import pictures
from support.servers.s3 import available
from tests.test_readme import ROOT, section

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None, reason="the README's commands need curl, which is not here"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def walk(names: str, folder: Path, ports: dict[str, int], **settings: str) -> str:
    """What the commands of the README's sections print. ports: what each port shown there is replaced by."""
    shown_there = [section(name).removeprefix("```sh\n").removesuffix("```") for name in names.split()]
    script = "\n".join(shown_there).replace(".venv", str(ROOT / ".venv"))
    for shown, port in ports.items():
        script = script.replace(shown, str(port))
    known = {name: value for name, value in os.environ.items() if name not in ("API_KEYS", "BACKEND", "DATABASE_URL")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"trap 'kill $(jobs -p)' EXIT\n{script}"],
        cwd=folder,
        env=known | {"STUDIO_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_job_goes_from_curl_to_picture_as_shown(tmp_path: Path) -> None:
    studio, comfyui = free_port(), free_port()
    ports = {"8188": comfyui, "8000": studio}
    walk("comfyui", tmp_path, ports, COMFYUI_URLS=f"http://127.0.0.1:{comfyui}")
    circle = (tmp_path / "circle.png").read_bytes()
    assert (pictures.main_colour(circle), pictures.main_shape(circle)) == ("red", "circle")
    assert pictures.decode(circle).size == (512, 512)
    assert pictures.decode((tmp_path / "small.webp").read_bytes()).size == (128, 128)


def test_two_models_go_from_a_hub_into_the_library_as_shown(tmp_path: Path) -> None:
    told = walk("downloads", tmp_path, {"9000": free_port(), "8000": free_port()})
    loras = tmp_path / "home" / "models" / "loras"
    models = sorted(loras.glob("*.safetensors"))
    assert [path.name for path in models] == ["flux-kontext.safetensors", "old-film.safetensors"]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() in told for path in models] == [True, True]
    # What the hub said of the one that was asked for by its version.
    assert set(loras.iterdir()) - set(models) == {loras / "flux-kontext.metadata.json"}


def test_a_folder_of_pictures_is_imported_found_and_made_again_as_shown(tmp_path: Path) -> None:
    told = walk("recipes", tmp_path, {"8000": free_port()})
    assert '"total":40' in told
    assert '"syntax":"<lora:neon-city:0.8>"' in told
    again = (tmp_path / "again.png").read_bytes()
    assert (pictures.main_colour(again), pictures.main_shape(again)) == ("red", "circle")
    assert pictures.decode(again).size == (512, 512)


def test_a_character_goes_from_words_into_a_picture_as_shown(tmp_path: Path) -> None:
    told = walk("characters", tmp_path, {"8000": free_port()})
    assert '"label":"the captain"' in told
    captain = (tmp_path / "captain.png").read_bytes()
    assert (pictures.main_colour(captain), pictures.main_shape(captain)) == ("red", "circle")
    assert (tmp_path / "told").read_bytes() == captain
    scene = (tmp_path / "scene.png").read_bytes()
    assert (pictures.main_colour(scene), pictures.main_shape(scene)) == ("blue", "circle")


@pytest.mark.skipif(bool(available()), reason=f"no S3 server: {available()}")
def test_the_same_goes_through_a_bucket_as_shown(tmp_path: Path) -> None:
    walk("cloud characters", tmp_path, {"8333": free_port(), "8000": free_port()})
    link = json.loads((tmp_path / "told").read_bytes())
    assert (link["storage_backend"], "X-Amz-Signature=" in link["image_url"]) == ("s3", True)
    captain = (tmp_path / "captain.png").read_bytes()
    assert (pictures.main_colour(captain), pictures.main_shape(captain)) == ("red", "circle")
    scene = (tmp_path / "scene.png").read_bytes()
    assert (pictures.main_colour(scene), pictures.main_shape(scene)) == ("blue", "circle")
