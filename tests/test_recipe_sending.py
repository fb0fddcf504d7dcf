"""Recipes sent to generation: the same settings where they can be had, and every other told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.generation import fitting
from app.generation.fitting import Told
from support.servers.comfyui import ComfyUI
from tests.recipe_studio import RecipeStudio, parameters, picture, serving


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


def sent(studio: RecipeStudio, settings: dict[str, Any], loras: list[dict[str, Any]] | None = None) -> Any:
    """The job's request, and what was adapted by name."""
    metadata = {"settings": {"prompt": "a red circle", **settings}, "loras": loras or []}
    recipe = studio.save(picture(), metadata=metadata)
    answer = studio.client.post(f"/api/lm/recipe/{recipe['id']}/send-to-generation")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == answer.json()["url"]
    job = studio.client.get(answer.json()["url"]).json()
    assert job["id"] == answer.json()["job_id"]
    return job["request"], {one["name"]: one["why"] for one in answer.json()["adapted"]}


def test_a_job_has_the_recipe_s_settings(studio: RecipeStudio) -> None:
    settings = {
        "negative_prompt": "a blue square", "num_inference_steps": 7, "sampler": "FlowMatchEuler",
        "guidance_scale": 2.5,
        "true_cfg_scale": 4.0, "seed": 2**32 - 1, "width": 512, "height": 768,
    }  # fmt: skip
    request, adapted = sent(studio, settings)
    assert adapted == {}
    assert {name: request[name] for name in ("prompt", "negative_prompt", "steps", "scheduler", "seed")} == {
        "prompt": "a red circle", "negative_prompt": "a blue square", "steps": 7, "scheduler": "FlowMatchEuler",
        "seed": 2**32 - 1,
    }  # fmt: skip
    assert (request["guidance_scale"], request["true_cfg_scale"]) == (2.5, 4.0)
    assert (request["width"], request["height"], request["loras"]) == (512, 768, [])


def test_what_the_recipe_does_not_say_is_the_studio_s_own_choice(studio: RecipeStudio) -> None:
    request, adapted = sent(studio, {"seed": -1})
    assert adapted == {}
    assert (request["steps"], request["seed"], request["width"], request["checkpoint"]) == (28, None, 1024, None)


@pytest.mark.parametrize("prompt", [None, "", "  ", "<lora:ink:0.8>"])
def test_a_recipe_without_a_prompt_cannot_be_painted(studio: RecipeStudio, prompt: str | None) -> None:
    recipe = studio.save(picture(), metadata={"settings": {"prompt": prompt}, "loras": []})
    refused = studio.refused("POST", f"/recipe/{recipe['id']}/send-to-generation")
    assert refused == (422, "no_prompt", "prompt")
    assert studio.client.get("/api/v1/generation-jobs").json()["total"] == 0
    assert studio.refused("POST", "/recipe/unknown/send-to-generation")[0] == 404


def test_loras_are_asked_for_by_the_library_s_names_and_missing_ones_told(studio: RecipeStudio) -> None:
    model = studio.model("styles/Neon City")
    loras = [
        {"name": "old name", "strength": 0.8, "hash": model["autov2"]},
        {"name": "absent", "strength": 1.0},
        {"name": "skipped", "excluded": True},
    ]
    request, adapted = sent(studio, {"prompt": "a red circle <lora:old name:0.8>"}, loras)
    assert request["loras"] == [{"name": "Neon City", "scale": 0.8}]
    assert request["prompt"] == "a red circle"
    assert adapted == {"LoRA absent": "left out: the library does not have it"}


def test_a_ninth_lora_and_a_strength_over_four_are_told(studio: RecipeStudio) -> None:
    for number in range(9):
        studio.model(f"l{number}")
    loras = [{"name": f"l{number}", "strength": 5.0 if number == 0 else -4.0} for number in range(9)]
    request, adapted = sent(studio, {}, loras)
    assert [lora["scale"] for lora in request["loras"]] == [4.0, *[-4.0] * 7]
    assert set(adapted) == {"LoRA l0", "LoRA l8"}


def test_a_checkpoint_that_the_backend_has_is_asked_for_and_another_told(studio: RecipeStudio) -> None:
    own = studio.client.get("/api/v1/backends").json()["details"]["checkpoints"][0]
    request, adapted = sent(studio, {"checkpoint": f"folder/{own.upper()}.safetensors"})
    assert (request["checkpoint"], adapted) == (own, {})
    request, adapted = sent(studio, {"checkpoint": "dreamy"})
    assert request["checkpoint"] is None
    assert "dreamy" in adapted["checkpoint"]


def test_a_backend_that_lists_its_models_decides_which_can_be_had(tmp_path: Path) -> None:
    server = ComfyUI()
    server.has_lora("styles/Neon.safetensors")
    server.has_checkpoint("first.safetensors", "folder/Dreamy.safetensors")
    try:
        with serving(tmp_path, backend="comfyui", comfyui_urls=(server.url,)) as studio:
            studio.model("ink")
            loras: list[dict[str, Any]] = [{"name": "neon", "strength": 0.5}, {"name": "ink"}]
            request, adapted = sent(studio, {"checkpoint": "dreamy"}, loras)
    finally:
        server.close()
    assert request["loras"] == [{"name": "neon", "scale": 0.5}]
    assert request["checkpoint"] == "folder/Dreamy.safetensors"
    assert adapted == {"LoRA ink": "left out: the backend does not have it"}


def test_what_no_request_has_a_place_for_is_told(studio: RecipeStudio) -> None:
    settings = {"clip_skip": 2, "denoising_strength": 0.5, "negative_prompt": "blurry", "scheduler": "Karras"}
    _, adapted = sent(studio, {**settings, "sampler": "Euler a", "num_inference_steps": 51})
    assert set(adapted) == {"clip_skip", "denoising_strength", "negative_prompt", "sampler", "scheduler",
                            "num_inference_steps"}  # fmt: skip


def test_a_full_queue_is_told_and_nothing_is_queued(tmp_path: Path) -> None:
    with serving(tmp_path, generation_queue_limit=1, mock_step_seconds=10) as studio:
        recipe = studio.save(picture(parameters("a red circle")))
        codes = [studio.client.post(f"/api/lm/recipe/{recipe['id']}/send-to-generation") for _ in range(4)]
        assert codes[-1].status_code == 429
        assert codes[-1].json()["code"] == "queue_full"


@pytest.mark.parametrize(
    ("sampler", "plan", "scheduler", "told"),
    [
        ("FlowMatchEuler", None, "FlowMatchEuler", set()),
        ("Euler", None, "FlowMatchEuler", {"sampler"}),
        ("Euler", "Simple", "FlowMatchEuler", {"sampler"}),
        ("euler", "karras", "FlowMatchEuler", {"sampler", "scheduler"}),
        (None, "FlowMatchEuler", "FlowMatchEuler", set()),
        ("Euler a", None, None, {"sampler"}),
        ("euler_ancestral", None, None, {"sampler"}),
        ("UniPC", None, "UniPC", set()),
        ("uni_pc_bh2", None, "UniPC", {"sampler"}),
        ("DPM++ 2M", None, "DPMSolver++", {"sampler"}),
        ("DPM++ 2M Karras", None, "DPMSolver++", {"sampler"}),
        ("dpmpp_2m", "sgm_uniform", "DPMSolver++", {"sampler", "scheduler"}),
        ("DPM++ 2M SDE Karras", None, None, {"sampler"}),
        ("DPM++ SDE", None, None, {"sampler"}),
        ("DPM2", None, None, {"sampler"}),
        ("DDIM", None, None, {"sampler"}),
        ("", "", None, set()),
        (None, None, None, set()),
    ],
)
def test_a_sampler_means_a_scheduler_or_none(
    sampler: str | None, plan: str | None, scheduler: str | None, told: set[str]
) -> None:
    heard = Told()
    assert fitting.scheduler(sampler, plan, heard) == scheduler
    assert {one.name for one in heard.adapted} == told


@pytest.mark.parametrize(
    ("asked", "fitted"),
    [
        ((512, 768), (512, 768)), ((1024, 1024), (1024, 1024)), ((832, 1216), (704, 1024)), ((513, 760), (512, 768)),
        ((2048, 1024), (1024, 512)), ((1, 1), (64, 64)), ((100_000, 1), (1024, 64)), ((1025, 16), (1024, 64)),
    ],
)  # fmt: skip
def test_a_size_is_rounded_to_what_the_backend_takes(asked: tuple[int, int], fitted: tuple[int, int]) -> None:
    heard = Told()
    assert fitting.size(*asked, 50, heard) == {"width": fitted[0], "height": fitted[1]}
    assert bool(heard.adapted) == (asked != fitted)


@pytest.mark.parametrize("size", [(None, None), (512, None), (None, 512)])
def test_half_a_size_is_none(size: tuple[int | None, int | None]) -> None:
    assert fitting.size(*size, 64, Told()) == {}


@pytest.mark.parametrize(
    ("asked", "fitted"), [(None, None), (-1, None), (0, 0), (2**32 - 1, 2**32 - 1), (2**32, 0), (2**64 - 1, 2**32 - 1)]
)
def test_a_seed_stays_within_thirty_two_bits(asked: int | None, fitted: int | None) -> None:
    heard = Told()
    assert fitting.seed(asked, heard) == fitted
    assert bool(heard.adapted) == (asked is not None and asked >= 2**32)


@pytest.mark.parametrize(("asked", "fitted"), [(-1.0, 0.0), (0.0, 0.0), (20.0, 20.0), (20.1, 20.0), (None, None)])
def test_a_guidance_stays_within_its_limits(asked: float | None, fitted: float | None) -> None:
    heard = Told()
    assert fitting.guidance("guidance_scale", asked, heard) == fitted
    assert bool(heard.adapted) == (asked != fitted)


@pytest.mark.parametrize(("asked", "fitted"), [(0, 1), (1, 1), (50, 50), (51, 50), (None, None)])
def test_inference_steps_stay_within_their_limits(asked: int | None, fitted: int | None) -> None:
    assert fitting.steps(asked, Told()) == fitted


def test_a_prompt_is_cut_at_a_word_and_told() -> None:
    heard = Told()
    cut = fitting.prompt("prompt", "word " * 401, heard)
    assert cut == ("word " * 400).strip()
    assert [one.name for one in heard.adapted] == ["prompt"]
    assert fitting.prompt("prompt", "x" * 2001, Told()) == "x" * 2000
    whole = Told()
    assert fitting.prompt("prompt", "x" * 2000, whole) == "x" * 2000
    assert whole.adapted == []


def test_a_prompt_loses_what_no_request_takes() -> None:
    assert fitting.prompt("prompt", "a\x00 cat\r\n, <lora:ink:1> <LyCo:x:1:2>\ud800 end", Told()) == "a cat\n, end"
