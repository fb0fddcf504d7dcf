"""The workflows that the ComfyUI backend computes from requests, without a server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.comfyui.workflow import Graph, Parts, Reference, Workflow, build, size_beside
from app.generation.port import SEEDS, GenerationRequest

ASKED = GenerationRequest(prompt="a red circle", width=256, height=192, num_inference_steps=4, seed=7)
PARTS = Parts("proofsheet.safetensors")
KONTEXT = Parts("flux.safetensors", clip=("clip_l.safetensors", "t5xxl.safetensors"), vae="ae.safetensors")
PHOTO = Reference("photo.png", 640, 480)


def built(parts: Parts = PARTS, **changes: Any) -> Workflow:
    more = {name: changes.pop(name) for name in ("references", "denoise", "numbers") if name in changes}
    return build(replace(ASKED, **changes), parts, prefix="an-attempt-1", **more)


def nodes(workflow: Workflow, class_type: str) -> list[dict[str, Any]]:
    return [node["inputs"] for node in workflow.graph.values() if node["class_type"] == class_type]


def only(workflow: Workflow, class_type: str) -> dict[str, Any]:
    found = nodes(workflow, class_type)
    assert len(found) == 1, f"{len(found)} nodes {class_type}"
    return found[0]


def source(workflow: Workflow, link: list[Any]) -> dict[str, Any]:
    return workflow.graph[link[0]]


def classes(graph: Graph) -> set[str]:
    return {node["class_type"] for node in graph.values()}


# Text to image


def test_a_picture_from_words_is_the_seven_nodes_that_everybody_knows() -> None:
    assert classes(built().graph) == {
        "CheckpointLoaderSimple", "CLIPTextEncode", "FluxGuidance", "EmptyLatentImage", "KSampler", "VAEDecode",
        "SaveImage",
    }  # fmt: skip


@pytest.mark.parametrize("parts", [PARTS, KONTEXT])
def test_every_link_points_at_a_node_that_was_there_before(parts: Parts) -> None:
    workflow = built(parts, num_images=3, references=[PHOTO], true_cfg_scale=2.0, negative_prompt="a blue square")
    for number, node in workflow.graph.items():
        links = [value for value in node["inputs"].values() if isinstance(value, list)]
        assert all(int(link[0]) < int(number) for link in links)


def test_size_steps_and_seed_of_the_request_reach_the_graph() -> None:
    workflow = built()
    sampler = only(workflow, "KSampler")
    assert only(workflow, "EmptyLatentImage") == {"width": 256, "height": 192, "batch_size": 1}
    assert (sampler["steps"], sampler["seed"], sampler["denoise"]) == (4, 7, 1.0)


@pytest.mark.parametrize(
    ("scheduler", "sampler"), [("FlowMatchEuler", "euler"), ("UniPC", "uni_pc"), ("DPMSolver++", "dpmpp_2m")]
)
def test_each_scheduler_is_a_sampler_of_comfyui_on_the_simple_schedule(scheduler: Any, sampler: str) -> None:
    found = only(built(scheduler=scheduler), "KSampler")
    assert (found["sampler_name"], found["scheduler"]) == (sampler, "simple")


def test_the_guidance_scale_is_flux_guidance_and_not_cfg() -> None:
    workflow = built(guidance_scale=2.5)
    assert only(workflow, "FluxGuidance")["guidance"] == 2.5
    assert only(workflow, "KSampler")["cfg"] == 1.0


def test_what_is_avoided_is_the_negative_text_and_its_scale_is_cfg() -> None:
    workflow = built(true_cfg_scale=4.0, negative_prompt="a blue square")
    sampler = only(workflow, "KSampler")
    negative = source(workflow, source(workflow, sampler["negative"])["inputs"]["conditioning"])
    assert (sampler["cfg"], negative["inputs"]["text"]) == (4.0, "a blue square")


@pytest.mark.parametrize("changes", [{"negative_prompt": "a blue square"}, {"true_cfg_scale": 4.0}])
def test_an_idle_negative_prompt_or_scale_changes_nothing_in_the_graph(changes: dict[str, Any]) -> None:
    assert built(**changes).graph == built().graph


def test_the_positive_and_the_negative_text_are_not_exchanged() -> None:
    workflow = built(true_cfg_scale=4.0, negative_prompt="a blue square")
    positive = source(workflow, source(workflow, only(workflow, "KSampler")["positive"])["inputs"]["conditioning"])
    assert positive["inputs"]["text"] == "a red circle"


def test_the_second_prompt_is_for_t5_alone() -> None:
    encoded = only(built(prompt_2="on white"), "CLIPTextEncodeFlux")
    assert (encoded["clip_l"], encoded["t5xxl"]) == ("a red circle", "on white")


def test_a_second_prompt_that_repeats_the_first_needs_no_node_of_its_own() -> None:
    assert built(prompt_2="a red circle").graph == built().graph


def test_the_second_negative_prompt_is_for_t5_alone() -> None:
    encoded = only(
        built(true_cfg_scale=2.0, negative_prompt="blue", negative_prompt_2="a square"), "CLIPTextEncodeFlux"
    )
    assert (encoded["clip_l"], encoded["t5xxl"]) == ("blue", "a square")


# Batches


def test_picture_k_of_a_batch_is_a_branch_with_seed_plus_k() -> None:
    workflow = built(num_images=3)
    assert [node["seed"] for node in nodes(workflow, "KSampler")] == [7, 8, 9]
    assert [branch.seed for branch in workflow.branches] == [7, 8, 9]


def test_a_batch_loads_the_checkpoint_and_reads_the_texts_once() -> None:
    workflow = built(num_images=4)
    assert len(nodes(workflow, "CheckpointLoaderSimple")) == 1
    assert len(nodes(workflow, "CLIPTextEncode")) == 2
    assert len(nodes(workflow, "SaveImage")) == 4


def test_each_branch_saves_what_its_own_sampler_painted() -> None:
    workflow = built(num_images=2)
    for branch in workflow.branches:
        decoded = source(workflow, workflow.graph[branch.output]["inputs"]["images"])
        assert decoded["inputs"]["samples"] == [branch.sampler, 0]


def test_the_last_seed_is_followed_by_the_first() -> None:
    assert [branch.seed for branch in built(seed=SEEDS - 1, num_images=2).branches] == [SEEDS - 1, 0]


def test_one_picture_of_a_batch_alone_is_that_of_its_own_seed() -> None:
    alone = built(num_images=4, numbers=[2])
    assert only(alone, "KSampler") == only(built(seed=9), "KSampler")
    assert [branch.number for branch in alone.branches] == [2]


def test_every_picture_of_every_attempt_has_a_file_name_of_its_own() -> None:
    names = [
        node["filename_prefix"]
        for prefix in ("one-1", "one-2", "two-1")
        for node in nodes(build(replace(ASKED, num_images=2), PARTS, prefix=prefix), "SaveImage")
    ]
    assert len(set(names)) == 6
    assert all(name.startswith("proofsheet/") for name in names)


@given(images=st.integers(1, 4), seed=st.integers(0, SEEDS - 1), steps=st.integers(1, 50))
def test_the_same_request_gives_the_same_graph_and_json_can_carry_it(images: int, seed: int, steps: int) -> None:
    first, second = (built(num_images=images, seed=seed, num_inference_steps=steps) for _ in range(2))
    assert first == second
    assert json.loads(json.dumps(first.graph)) == first.graph


# LoRAs


def test_loras_are_chained_and_the_last_one_paints() -> None:
    workflow = built(Parts("a", loras=(("neon", 0.8), ("soft", -0.5))))
    first, second = nodes(workflow, "LoraLoader")
    assert (first["lora_name"], first["strength_model"], first["strength_clip"]) == ("neon", 0.8, 0.8)
    assert source(workflow, second["model"])["inputs"]["lora_name"] == "neon"
    assert source(workflow, second["clip"])["inputs"]["lora_name"] == "neon"
    assert source(workflow, only(workflow, "KSampler")["model"])["inputs"]["lora_name"] == "soft"


def test_the_texts_are_read_with_the_loras() -> None:
    workflow = built(Parts("a", loras=(("neon", 0.8),)))
    assert all(
        source(workflow, node["clip"])["class_type"] == "LoraLoader" for node in nodes(workflow, "CLIPTextEncode")
    )


def test_a_lora_at_zero_leaves_the_graph_as_if_it_had_not_been_asked_for() -> None:
    assert built(Parts("a", loras=(("neon", 0.0),))).graph == built(Parts("a")).graph


# References


def test_a_checkpoint_paints_over_a_reference_cut_to_the_size() -> None:
    workflow = built(references=[PHOTO], denoise=0.6)
    sampler = only(workflow, "KSampler")
    scaled = only(workflow, "ImageScale")
    assert (scaled["width"], scaled["height"], scaled["crop"]) == (256, 192, "center")
    assert source(workflow, sampler["latent_image"])["class_type"] == "VAEEncode"
    assert (sampler["denoise"], only(workflow, "LoadImage")["image"]) == (0.6, "photo.png")


def test_without_a_reference_everything_is_painted_anew_whatever_the_settings_say() -> None:
    assert only(built(denoise=0.6), "KSampler")["denoise"] == 1.0


def test_kontext_loads_its_parts_from_their_own_files() -> None:
    workflow = built(KONTEXT)
    assert only(workflow, "UNETLoader")["unet_name"] == "flux.safetensors"
    encoders = only(workflow, "DualCLIPLoader")
    assert (encoders["clip_name1"], encoders["clip_name2"]) == ("clip_l.safetensors", "t5xxl.safetensors")
    assert (encoders["type"], only(workflow, "VAELoader")["vae_name"]) == ("flux", "ae.safetensors")


def test_kontext_edits_a_reference_from_an_empty_latent() -> None:
    workflow = built(KONTEXT, references=[PHOTO], denoise=0.6)
    sampler = only(workflow, "KSampler")
    latent = only(workflow, "ReferenceLatent")["latent"]
    assert source(workflow, latent)["class_type"] == "VAEEncode"
    assert (source(workflow, sampler["latent_image"])["class_type"], sampler["denoise"]) == ("EmptyLatentImage", 1.0)


def test_kontext_takes_several_references_one_after_the_other() -> None:
    workflow = built(KONTEXT, references=[PHOTO, Reference("hat.png", 100, 100)])
    first, second = nodes(workflow, "ReferenceLatent")
    assert source(workflow, second["conditioning"])["inputs"] == first
    assert [node["image"] for node in nodes(workflow, "LoadImage")] == ["photo.png", "hat.png"]


def test_an_edit_that_avoids_something_gives_the_reference_to_both_passes() -> None:
    workflow = built(KONTEXT, references=[PHOTO], true_cfg_scale=2.0, negative_prompt="blue")
    assert len(nodes(workflow, "ReferenceLatent")) == 2
    assert len(nodes(workflow, "VAEEncode")) == 1


def test_a_batch_of_edits_encodes_the_reference_once() -> None:
    assert len(nodes(built(KONTEXT, references=[PHOTO], num_images=4), "VAEEncode")) == 1


@pytest.mark.parametrize(
    ("reference", "size"),
    [((256, 192), (256, 192)), ((640, 480), (256, 192)), ((100, 100), (224, 224)), ((10_000, 10), (7008, 16))],
)
def test_a_reference_keeps_its_aspect_and_has_about_the_pixels_of_the_picture(
    reference: tuple[int, int], size: tuple[int, int]
) -> None:
    assert size_beside(reference, 256, 192) == size


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(16, 64), st.integers(16, 64))
def test_a_references_sides_are_multiples_of_16_and_never_nothing(w: int, h: int, wide: int, tall: int) -> None:
    sides = size_beside((w, h), wide * 16, tall * 16)
    assert all(side >= 16 and side % 16 == 0 for side in sides)
