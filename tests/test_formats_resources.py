"""The web UI's text as many programs extend it: every LoRA once, with all that is known of it."""

from __future__ import annotations

import pytest

from app.recipes import a1111
from app.recipes.recipe import Reading, RecipeLora


def read(settings: str, prompt: str = "a lighthouse") -> Reading:
    return a1111.read(
        f"{prompt}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, Seed: 5, Size: 512x768, {settings}"
    )


@pytest.mark.parametrize(
    ("prompt", "settings", "loras"),
    [
        ("<lora:ink:0.8>", 'Lora hashes: "ink: 1a2B3c4d5e6f"', [RecipeLora("ink", 0.8, "1a2b3c4d5e6f")]),
        ("", 'Lora hashes: "ink: 1a2b3c4d5e6f, old film: 99ff99ff99ff"',
         [RecipeLora("ink", 1.0, "1a2b3c4d5e6f"), RecipeLora("old film", 1.0, "99ff99ff99ff")]),
        ("<lora:ink:0.8>", 'Hashes: {"model": "aabbccddee", "lora:ink": "1A2B3C4D5E", "vae": "1122334455"}, Version: 1',
         [RecipeLora("ink", 0.8, "1a2b3c4d5e")]),
        ("", 'Hashes: {"LORA:styles/ink, wet.safetensors": "1a2b3c4d5e"}', [RecipeLora("ink, wet", 1.0, "1a2b3c4d5e")]),
        ("<lora:ink:0.8>", 'Hashes: {"lora:ink": ""}, Lora hashes: "ink: 1a2b3c4d5e6f"',
         [RecipeLora("ink", 0.8, "1a2b3c4d5e6f")]),
        ("", "Lora_0 Model name: styles\\ink.safetensors, Lora_0 Model hash: 1a2b3c4d5e, "
         "Lora_0 Strength model: -1.1, Lora_0 Strength clip: 1, Lora_1 Model name: None, Lora_1 Model hash: None, "
         "Lora_2 Model name: fog.safetensors, "
         'Lora_2 Model hash: N/A, Lora_2 Strength model: 0.5, Hashes: {"lora:ink": "1a2b3c4d5e"}',
         [RecipeLora("ink", -1.1, "1a2b3c4d5e"), RecipeLora("fog", 0.5)]),
        ("", "AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: ink(1a2b3c4d5e6f), AddNet Weight A 1: 0.4",
         [RecipeLora("ink", 0.4, "1a2b3c4d5e6f")]),
        ("", 'Civitai resources: [{"type":"checkpoint","modelVersionId":7,"modelName":"Neon [XL], v2"},'
         '{"type":"lycoris","weight":0.7,"modelVersionId":42,"modelName":"Ink: wet"},{"type":"lora",'
         '"modelVersionId":43,"modelName":"Fog"},{"type":"embed","modelVersionId":44,"modelName":"bad hands"}], '
         "Civitai metadata: {}",
         [RecipeLora("Ink: wet", 0.7, None, 42), RecipeLora("Fog", 1.0, None, 43)]),
        ("", 'Civitai resources: [{"air":"urn:air:sdxl:checkpoint:civitai:6@7"},'
         '{"air":"urn:air:sdxl:lora:civitai:41@42","weight":0.7}]', [RecipeLora("civitai:42", 0.7, None, 42)]),
        ("<lora:ink_v2:0.8> <lora:fog:0.5>", 'Civitai resources: [{"type":"lora","weight":0.8,"modelVersionId":42,'
         '"modelName":"Ink"},{"type":"lora","weight":0.5,"modelVersionId":43,"modelName":"Fog of war"}]',
         [RecipeLora("ink_v2", 0.8, None, 42), RecipeLora("fog", 0.5, None, 43)]),
        ("<lora:ink_v2:0.8>", 'Civitai resources: [{"type":"lora","weight":0.8,"modelVersionId":42,"modelName":"Ink"},'
         '{"type":"lora","weight":0.5,"modelVersionId":43,"modelName":"Fog"}]',
         [RecipeLora("ink_v2", 0.8), RecipeLora("Ink", 0.8, None, 42), RecipeLora("Fog", 0.5, None, 43)]),
        ("<lora:ink:0.8>", 'Civitai resources: [{"type":"lora","weight":0.3,"modelVersionId":42,"modelName":"Ink"}]',
         [RecipeLora("ink", 0.8, None, 42)]),
        ("<lora:ink:0.8> and <lora:ink:0.2>", "Version: v1", [RecipeLora("ink", 0.8), RecipeLora("ink", 0.2)]),
    ],
    ids=["tag and hash", "hashes alone", "Civitai's hashes", "a file's path", "an empty hash", "numbered", "AddNet",
         "resources", "air", "as many and as strong", "more resources than tags", "by name", "one LoRA twice"],
)  # fmt: skip
def test_every_lora_is_read_once_with_all_that_is_said(prompt: str, settings: str, loras: list[RecipeLora]) -> None:
    assert list(read(settings, f"a lighthouse {prompt}").loras) == loras


def test_the_checkpoint_is_read_from_resources_and_hashes() -> None:
    reading = read('Civitai resources: [{"air":"urn:air:sdxl:checkpoint:civitai:6@7","modelName":"Neon XL"}], X: {}')
    assert (reading.settings.checkpoint, reading.checkpoint_version_id, reading.base_model) == (
        "Neon XL",
        7,
        "SDXL 1.0",
    )
    named = read('Model: neonMix, Hashes: {"model": "AABBCCDDEE"}').settings
    assert (named.checkpoint, named.checkpoint_hash) == ("neonMix", "aabbccddee")


def test_an_empty_negative_prompt_on_the_settings_own_line_is_told_apart() -> None:
    reading = a1111.read(
        "Negative space, a car in the style of: a movie Negative prompt: Steps: 23, Sampler: Undefined, CFG scale: 3.5"
        ', Seed: 1760020955, Size: 832x1216, Created Date: 2025-11-28T09:18:43.5Z, Civitai resources: [{"type":'
        '"checkpoint","modelVersionId":2442439,"modelName":"Z Image"}], Civitai metadata: {}'
    )
    said = reading.settings
    assert (said.prompt, said.negative_prompt) == ("Negative space, a car in the style of: a movie", None)
    assert (said.num_inference_steps, said.seed, said.width, reading.checkpoint_version_id) == (
        23,
        1760020955,
        832,
        2442439,
    )


def test_the_scales_of_forge_are_told_apart() -> None:
    said = read("CFG scale: 1, Distilled CFG Scale: 3.5, Schedule type: Beta").settings
    assert (said.true_cfg_scale, said.guidance_scale, said.scheduler) == (1.0, 3.5, "Beta")


def test_resources_that_are_no_json_cost_only_themselves() -> None:
    reading = read('Civitai resources: [{"type":"lora", Hashes: {"lora:ink": 5, Clip skip: 2')
    assert (reading.settings.clip_skip, reading.settings.seed) == (2, 5)
