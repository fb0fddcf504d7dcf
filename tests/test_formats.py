"""Every program's text, in every container and every coding of it: all that it says is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.recipes.formats import ours
from app.recipes.pictures import RECIPE_PICTURES, check, resized
from app.recipes.reading import READERS, read_picture, read_texts
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings
from support.recipe_samples import CONTAINERS, PROGRAMS, TEXT_ENCODINGS, sample

SAID = {
    "prompt": 'a lighthouse, 日本 "quoted": {braces}\nSteps: 3, Seed: 4, Size: 5x6\nNegative prompt',
    "negative prompt": "blurry: very, text",
    "steps": "28",
    "sampler": "euler",
    "guidance": "6.5",
    "seed": "18446744073709551615",
    "size": "512×768",
    "clip skip": "2",
    "denoising strength": "0.55",
    "checkpoint": "neonMix v2",
    "base model": "SDXL 1.0",
}
LORAS = [("neon-city", 0.8, "1a2b3c4d5e6f"), ("ink wash", -0.25, None)]
READ = RecipeSettings(
    prompt=SAID["prompt"], negative_prompt=SAID["negative prompt"], num_inference_steps=28, sampler="euler",
    guidance_scale=6.5, seed=2**64 - 1, width=512, height=768, clip_skip=2, denoising_strength=0.55,
    checkpoint="neonMix v2",
)  # fmt: skip
FORMATS = {
    "Automatic1111": "a1111", "ComfyUI": "comfyui", "ComfyUI (workflow)": "comfyui", "Civitai": "civitai",
    "SwarmUI": "swarmui", "InvokeAI": "invokeai", "Fooocus": "fooocus", "Fooocus (Automatic1111 scheme)": "fooocus",
    "NovelAI": "novelai", "Proofsheet": "proofsheet",
}  # fmt: skip
# What a program has no place for, and what it adds by itself.
DIFFERENT: dict[str, dict[str, Any]] = {
    "Automatic1111": {"prompt": f"{SAID['prompt']} <lora:neon-city:0.8> <lora:ink wash:-0.25>"},
    "ComfyUI": {"scheduler": "normal"},
    "ComfyUI (workflow)": {"scheduler": "normal"},
    "Fooocus": {"scheduler": "karras", "denoising_strength": None, "checkpoint_hash": "aeb7e9e689"},
    "Fooocus (Automatic1111 scheme)": {"scheduler": "karras"},
    "NovelAI": {"scheduler": "karras", "clip_skip": None},
}
NAME_BASE_MODELS = ("Civitai", "InvokeAI", "Proofsheet")
HASHLESS = ("ComfyUI", "ComfyUI (workflow)")
WITHOUT_LORAS = ("NovelAI",)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(
    ["prompt", "workflow", "nodes", "links", "class_type", "inputs", "sui_image_params", "sui_models", "loras", "uc",
     "loraweights", "positive_prompt", "app_version", "model", "resources", "hashes", "meta", "full_prompt", "version",
     "performance", "styles", "Comment", "Software", "v4_prompt", "caption", "definitions", "subgraphs", "id", "type",
     "widgets_values", "mode", "gen_params", "title", "image", "extraMetadata", "1", "positive", "cfgScale", "link"]
)  # fmt: skip
shaped = st.recursive(
    st.none()
    | st.integers(-3, 3)
    | st.floats()
    | st.sampled_from(["", "1", "KSampler", "urn:air:a:b:civitai:1@2", "x"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=30,
)


def expected(program: str) -> Reading:
    loras = tuple(RecipeLora(name, strength, None if program in HASHLESS else sum_) for name, strength, sum_ in LORAS)
    return Reading(
        format=FORMATS[program],
        settings=replace(READ, **DIFFERENT.get(program, {})),
        loras=() if program in WITHOUT_LORAS else loras,
        base_model="SDXL 1.0" if program in NAME_BASE_MODELS else None,
    )


@pytest.mark.parametrize("encoding", TEXT_ENCODINGS)
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_setting_of_every_program_is_read(program: str, container: str, encoding: str) -> None:
    picture = check(sample(program, container, SAID, LORAS, encoding), formats=RECIPE_PICTURES)
    reading = read_picture(picture)
    assert replace(reading, confidence=0.0, title=None) == expected(program)
    assert reading.confidence >= 0.8


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_smaller_picture_says_the_same(program: str, container: str) -> None:
    made = sample(program, container, SAID, LORAS)
    small = check(resized(made, 16))
    assert (small.format, small.width, small.height) == ("WEBP", 16, 16)
    assert read_picture(small) == read_picture(check(made, formats=RECIPE_PICTURES))


@pytest.mark.parametrize("program", [program for program in PROGRAMS if program != "ComfyUI"])
def test_the_surest_reading_does_not_depend_on_the_order_of_the_texts(program: str) -> None:
    told = check(sample(program, "PNG", SAID, LORAS)).texts
    other = check(sample("ComfyUI", "PNG", {"prompt": "another"})).texts
    assert read_texts([*told, *other]) == read_texts([*other, *told])
    assert read_texts([*told, ("Comment", "made with love, on paper: by me")]) == read_texts(told)


@pytest.mark.parametrize("program", [program for program in PROGRAMS if "Automatic1111" not in program])
def test_a_prompt_that_holds_another_programs_text_is_a_prompt(program: str) -> None:
    text = check(sample(program, "PNG", SAID, LORAS)).texts[0][1]
    prompt = f"a sign that says\n{text}\nand nothing else"
    told = check(sample("Automatic1111", "PNG", {"prompt": prompt, "seed": "7"})).texts
    assert (read_texts(told).format, read_texts(told).settings.prompt) == ("a1111", prompt)


def test_both_texts_of_comfyui_are_read_by_the_surer_one() -> None:
    api = check(sample("ComfyUI", "PNG", {"prompt": "as it ran"})).texts
    workflow = check(sample("ComfyUI (workflow)", "PNG", {"prompt": "as it was drawn"})).texts
    assert read_texts([*workflow, *api]).settings.prompt == "as it ran"


@given(st.lists(st.tuples(st.sampled_from(["parameters", "prompt", "Comment", "Software", ""]), texts), max_size=3))
@example([("parameters", "Hashes: {" * 50), ("prompt", "[" * 5_000)])
@example([("parameters", "Steps: 1, Seed: 2, Civitai resources: [{}"), ("Comment", '{"a":' * 5_000)])
def test_reading_never_fails_on_any_text(told: list[tuple[str, str]]) -> None:
    assert 0 <= read_texts(told).confidence <= 1


@settings(max_examples=300)
@given(
    anything | shaped,
    st.sampled_from(["parameters", "prompt", "workflow", "Comment", "invokeai_metadata", "sd-metadata"]),
)
def test_reading_never_fails_on_any_json(said: object, where: str) -> None:
    reading = read_texts([(where, json.dumps(said)), ("Recipe metadata", f"Recipe metadata: {json.dumps(said)}")])
    json.dumps([reading.settings.said(), [lora.name for lora in reading.loras]], ensure_ascii=False).encode()


def test_a_long_text_is_read_in_linear_time() -> None:
    units = (
        "\n",
        "Steps: 1, Seed: 2\n",
        "<lora:a:1>",
        "Hashes: {",
        "Recipe metadata: {}\n",
        "Version: Fooocus\n",
        "[a]",
    )
    for unit in units:
        read_texts([("parameters", unit * (500_000 // len(unit)))])


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.__module__).rpartition(".")[2])
def test_a_reader_claims_nothing_where_nothing_is_said(reader: object) -> None:
    assert read_texts([]) == Reading()
    assert read_texts([("parameters", "  "), ("Comment", "{}"), ("prompt", "[]"), ("workflow", "null")]) == Reading()


@given(
    st.builds(
        Reading,
        settings=st.builds(
            RecipeSettings, prompt=texts.filter(bool), seed=st.integers(0, 2**64 - 1) | st.none(),
            guidance_scale=st.floats(allow_nan=False, allow_infinity=False) | st.none(), width=st.integers(1, 99_999),
            true_cfg_scale=st.floats(0, 9) | st.none(), checkpoint=texts.filter(bool) | st.none(),
            checkpoint_hash=st.sampled_from([None, "1a2b3c4d"]), num_inference_steps=st.none() | st.integers(0, 99),
        ),
        loras=st.lists(
            st.builds(
                RecipeLora, texts.filter(bool), st.floats(-9, 9), st.sampled_from([None, "1a2b3c4d"]),
                st.none() | st.integers(1, 2**40), st.booleans(),
            ), max_size=4).map(tuple),
        base_model=st.sampled_from([None, "SDXL 1.0"]), checkpoint_version_id=st.none() | st.integers(1, 2**40),
        title=st.none() | texts.filter(bool), tags=st.lists(texts.filter(bool)).map(tuple),
        source=st.none() | texts.filter(bool), favorite=st.none() | st.booleans(),
        rating=st.none() | st.integers(0, 5), mature=st.none() | st.booleans(),
    )
)  # fmt: skip
def test_what_ours_writes_ours_reads_back_exactly(reading: Reading) -> None:
    line = f"Recipe metadata: {json.dumps(ours.written(reading))}"
    read = read_texts([("parameters", f"whatever else\nSteps: 1, Seed: 2, Size: 3x4\n{line}")])
    assert read == replace(reading, format="proofsheet", confidence=1.0)
