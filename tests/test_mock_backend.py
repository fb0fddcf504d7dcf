"""The mock painter: every field that should matter changes the picture, and the prompt is seen in it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.mock import MockBackend
from app.generation.palette import SHAPES, VIVID, colours_of
from app.generation.port import GenerationRequest
from support import pictures

SIDES = st.integers(4, 16).map(lambda side: side * 16)
ASKED = GenerationRequest(prompt="a red circle", width=128, height=96, num_inference_steps=4, seed=7)


def painted(request: GenerationRequest) -> list[bytes]:
    made = MockBackend().generate(request, lambda step, of: None)
    return [pictures.as_file(picture.image) for picture in made]


@given(prompt=st.text(min_size=1), width=SIDES, height=SIDES, seed=st.integers(0, 2**32 - 1))
def test_every_prompt_gives_a_picture_of_the_asked_size(prompt: str, width: int, height: int, seed: int) -> None:
    request = GenerationRequest(prompt=prompt, width=width, height=height, num_inference_steps=1, seed=seed)
    assert pictures.decode(painted(request)[0]).size == (width, height)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=8, unique=True))
def test_seeds_never_share_a_picture(seeds: list[int]) -> None:
    made = [painted(replace(ASKED, seed=seed))[0] for seed in seeds]
    assert len(set(made)) == len(seeds)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4))
def test_a_picture_of_a_batch_is_the_single_one_of_its_seed(seed: int, count: int) -> None:
    batch = painted(replace(ASKED, seed=seed, num_images=count))
    assert batch == [painted(replace(ASKED, seed=(seed + number) % 2**32))[0] for number in range(count)]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a red circle!"},
        {"prompt_2": "at dawn"},
        {"width": 112},
        {"height": 112},
        {"num_inference_steps": 5},
        {"guidance_scale": 3.6},
        {"seed": 8},
        {"negative_prompt": "fog", "true_cfg_scale": 2.0},
        {"references": (pictures.drawn("green", "square"),)},
    ],
)
def test_every_field_that_takes_effect_changes_the_picture(change: dict[str, Any]) -> None:
    assert pictures.differs_from(painted(ASKED)[0], painted(replace(ASKED, **change))[0])


@pytest.mark.parametrize("idle", [{"negative_prompt": "fog"}, {"true_cfg_scale": 5.0}])
def test_a_negative_prompt_without_its_scale_changes_nothing(idle: dict[str, Any]) -> None:
    assert painted(replace(ASKED, **idle)) == painted(ASKED)


@pytest.mark.parametrize(("colour", "shape"), list(product(VIVID, SHAPES)))
def test_the_prompts_colour_and_shape_are_seen(colour: str, shape: str) -> None:
    for seed in range(5):
        picture = painted(replace(ASKED, prompt=f"a {colour} {shape}", seed=seed))[0]
        assert (pictures.main_colour(picture), pictures.main_shape(picture)) == (colour, shape)


def test_a_background_that_is_named_is_painted() -> None:
    picture = painted(replace(ASKED, prompt="a yellow square on a blue background"))[0]
    assert (pictures.main_colour(picture), pictures.background_colour(picture)) == ("yellow", "blue")


@pytest.mark.parametrize(
    ("text", "colours"),
    [
        ("two grey balls", ("grey", None)),
        ("a Red, RED rose", ("red", None)),
        ("hundred credits", (None, None)),
        ("a pink background", (None, "pink")),
        ("a red coat, plain background", ("red", None)),
        ("blue on a blue background", ("blue", "blue")),
    ],
)
def test_colour_words_are_whole_words(text: str, colours: tuple[str | None, str | None]) -> None:
    assert colours_of(text) == colours


@pytest.mark.parametrize("shape", SHAPES)
def test_a_reference_is_recoloured_in_its_place(shape: str) -> None:
    reference = pictures.drawn("red", shape, size=(128, 96))
    edited = painted(replace(ASKED, prompt="make it blue", references=(reference,)))[0]
    assert (pictures.main_colour(edited), pictures.main_shape(edited)) == ("blue", shape)
    assert pictures.overlap(reference, edited) > 0.9


def test_what_is_to_be_avoided_is_not_painted() -> None:
    plain = replace(ASKED, prompt="a lighthouse")
    seen = pictures.main_colour(painted(plain)[0])
    avoiding = replace(plain, negative_prompt=seen, true_cfg_scale=4.0)
    assert pictures.main_colour(painted(avoiding)[0]) != seen


@given(steps=st.integers(1, 50), count=st.integers(1, 4))
def test_progress_rises_strictly_one_call_a_step(steps: int, count: int) -> None:
    told: list[tuple[int, int]] = []
    MockBackend().generate(
        replace(ASKED, num_inference_steps=steps, num_images=count), lambda step, of: told.append((step, of))
    )
    assert [step for step, _ in told] == list(range(1, steps + 1))
    assert all(later[0] > earlier[0] for earlier, later in pairwise(told)) and {of for _, of in told} == {steps}


def test_the_studio_with_the_mock_imports_neither_torch_nor_numpy() -> None:
    looked = "import app.studio, app.generation.mock, sys; print({'torch', 'numpy', 'boto3'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
