"""ComfyUI's graphs as people wire them: what the links say is read, whatever the nodes are titled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.recipes.reading import read_texts
from app.recipes.recipe import Reading, RecipeLora

Graph = dict[str, Any]


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": "Negative"}}


def usual(**nodes: Any) -> Graph:
    """The usual graph; `nodes` replace or join its own."""
    return {
        "4": node("CheckpointLoaderSimple", ckpt_name="SD15\\neonMix.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=768, batch_size=1),
        "6": node("CLIPTextEncode", text="a lighthouse", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="blurry", clip=["4", 1]),
        "3": node(
            "KSampler", seed=5, steps=28, cfg=6.5, sampler_name="euler", scheduler="normal", denoise=1.0,
            model=["4", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0],
        ),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="x"),
    } | nodes  # fmt: skip


def changed(name: str, **inputs: Any) -> dict[str, Any]:
    kept: dict[str, Any] = usual()[name]
    return {name: {**kept, "inputs": {**kept["inputs"], **inputs}}}


def read(graph: Graph) -> Reading:
    return read_texts([("prompt", json.dumps(graph))])


def prompts(graph: Graph) -> tuple[str | None, str | None]:
    said = read(graph).settings
    return said.prompt, said.negative_prompt


def test_the_usual_graph_is_read_in_full() -> None:
    reading = read(usual())
    assert (reading.format, reading.confidence) == ("comfyui", 0.9)
    assert reading.settings.said() == {
        "prompt": "a lighthouse", "negative_prompt": "blurry", "num_inference_steps": 28, "sampler": "euler",
        "scheduler": "normal", "guidance_scale": 6.5, "seed": 5, "width": 512, "height": 768, "checkpoint": "neonMix",
    }  # fmt: skip


ENCODERS = {
    "SDXL, both the same": node("CLIPTextEncodeSDXL", text_g="a fox", text_l="a fox", width=1024, clip=["4", 1]),
    "SDXL, two texts": node("CLIPTextEncodeSDXL", text_g="a fox", text_l="in ink", clip=["4", 1]),
    "Flux": node("CLIPTextEncodeFlux", clip_l="a fox", t5xxl="in ink", guidance=3.5, clip=["4", 1]),
    "SD3": node("CLIPTextEncodeSD3", clip_l="a fox", clip_g="a fox", t5xxl="in ink", clip=["4", 1]),
    "smZ": node("smZ CLIPTextEncode", text="a fox", parser="A1111", clip=["4", 1]),
    "Qwen": node("TextEncodeQwenImageEdit", prompt="a fox", clip=["4", 1], image=["8", 0]),
}


@pytest.mark.parametrize("encoder", list(ENCODERS))
def test_every_text_encoder_is_read(encoder: str) -> None:
    text = "a fox" if encoder in ("SDXL, both the same", "smZ", "Qwen") else "a fox\nin ink"
    assert prompts(usual(**{"6": ENCODERS[encoder]})) == (text, "blurry")


TEXTS = {
    "a string": {"10": node("PrimitiveStringMultiline", value="a fox")},
    "joined": {
        "10": node("StringConcatenate", string_a=["11", 0], string_b="in ink", delimiter=", "),
        "11": node("PrimitiveString", value="a fox"),
    },
    "joined by another pack": {
        "10": node("Text Concatenate", delimiter=", ", text_a=["11", 0], text_b=["12", 0]),
        "11": node("Text Multiline", text="a fox"),
        "12": node("ShowText|pysssss", text=["13", 0], text_0="shown before"),
        "13": node("CR Prompt Text", prompt="in ink"),
    },
    "a wildcard's own": {"10": node("ImpactWildcardProcessor", wildcard_text="a __animal__", populated_text="a fox")},
    "a box of another pack": {"10": node("DF_Text_Box", Text="a fox")},
    "a switch": {
        "10": node("Any Switch (rgthree)", any_01=["11", 0]),
        "11": node("JWString", text="a fox"),
    },
}


@pytest.mark.parametrize("how", list(TEXTS))
def test_a_prompt_that_is_put_together_is_read(how: str) -> None:
    text = "a fox, in ink" if "joined" in how else "a fox"
    assert prompts(usual(**changed("6", text=["10", 0]), **TEXTS[how])) == (text, "blurry")


def test_a_style_hands_out_both_prompts() -> None:
    styler = node("SDXLPromptStyler", text_positive="a fox", text_negative="dull", style="ink")
    assert prompts(usual(**changed("6", text=["10", 0]), **changed("7", text=["10", 1]), **{"10": styler})) == (
        "a fox", "dull",
    )  # fmt: skip


FOX = {"11": node("CLIPTextEncode", text="a fox")}
HANDS_BOTH_ON = node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], image=["8", 0])
CONDITIONING = {
    "combined": FOX | {"10": node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["11", 0])},
    "averaged": FOX | {"10": node("ConditioningAverage", conditioning_to=["6", 0], conditioning_from=["11", 0])},
    "with a control net": {"10": HANDS_BOTH_ON},
    "with an older control net": {"10": node("ControlNetApply", conditioning=["6", 0], image=["8", 0])},
    "with guidance": {"10": node("FluxGuidance", conditioning=["6", 0], guidance=3.5)},
    "with a reference": {"10": node("ReferenceLatent", conditioning=["6", 0], latent=["5", 0])},
    "with a box of its own words": {"10": node("GLIGENTextBoxApply", conditioning_to=["6", 0], text="a fox")},
    "rerouted": {"10": node("Reroute (rgthree)", **{"": ["6", 0]})},
    "in a circle": {"10": node("ConditioningCombine", conditioning_1=["10", 0], conditioning_2=["10", 0])},
    "made nothing": {"10": node("ConditioningZeroOut", conditioning=["6", 0])},
}
LEADS_TO = {
    "with a box of its own words": "a fox\na lighthouse",
    "combined": "a lighthouse\na fox",
    "averaged": "a lighthouse\na fox",
    "in a circle": None,
    "made nothing": None,
}


@pytest.mark.parametrize("how", list(CONDITIONING))
def test_the_links_are_followed_through_what_changes_the_conditioning(how: str) -> None:
    graph = usual(**changed("3", positive=["10", 0]), **CONDITIONING[how])
    assert prompts(graph) == (LEADS_TO.get(how, "a lighthouse"), "blurry")


def test_what_hands_both_prompts_through_is_followed_by_its_outputs() -> None:
    net = HANDS_BOTH_ON
    assert prompts(usual(**changed("3", positive=["10", 0], negative=["10", 1]), **{"10": net})) == (
        "a lighthouse", "blurry",
    )  # fmt: skip
    turned = usual(**changed("3", positive=["10", 1], negative=["10", 0]), **{"10": net})
    assert prompts(turned) == ("blurry", "a lighthouse")


def test_a_negative_made_of_the_positive_is_none() -> None:
    zero = node("ConditioningZeroOut", conditioning=["6", 0])
    assert prompts(usual(**changed("3", negative=["10", 0]), **{"10": zero})) == ("a lighthouse", None)


def test_fluxs_guidance_is_the_guidance_and_cfg_the_true_one() -> None:
    graph = usual(**changed("3", positive=["10", 0], cfg=1.0), **CONDITIONING["with guidance"])
    said = read(graph).settings
    assert (said.guidance_scale, said.true_cfg_scale) == (3.5, 1.0)


CUSTOM = {
    "3": node("SamplerCustomAdvanced", noise=["20", 0], guider=["21", 0], sampler=["22", 0], sigmas=["23", 0],
              latent_image=["5", 0]),
    "20": node("RandomNoise", noise_seed=77),
    "22": node("KSamplerSelect", sampler_name="dpmpp_2m"),
    "23": node("BasicScheduler", scheduler="beta", steps=["25", 0], denoise=0.6, model=["24", 0]),
    "24": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
    "25": node("PrimitiveInt", value=12),
}  # fmt: skip


def test_the_sampler_in_parts_is_read() -> None:
    guider = node("CFGGuider", model=["24", 0], positive=["6", 0], negative=["7", 0], cfg=4.0)
    said = read(usual(**CUSTOM, **{"21": guider})).settings
    assert (said.seed, said.num_inference_steps, said.sampler, said.scheduler) == (77, 12, "dpmpp_2m", "beta")
    assert (said.guidance_scale, said.denoising_strength, said.checkpoint) == (4.0, 0.6, "flux1-dev")
    assert (said.prompt, said.negative_prompt, said.width, said.height) == ("a lighthouse", "blurry", 512, 768)


def test_a_guider_with_two_conditions_is_read_by_its_first() -> None:
    guider = node("DualCFGGuider", model=["24", 0], cond1=["26", 0], cond2=["7", 0], negative=["7", 0], cfg_conds=5.0)
    reference = node("ReferenceLatent", conditioning=["6", 0], latent=["5", 0])
    graph = usual(**CUSTOM, **{"21": guider, "26": reference})
    assert prompts(graph) == ("a lighthouse", "blurry")


def test_a_size_that_is_named_is_read() -> None:
    named = node("SDXL Empty Latent Image (rgthree)", dimensions="1216 x 832   (landscape)", clip_scale=1.5)
    said = read(usual(**{"5": named})).settings
    assert (said.width, said.height) == (1216, 832)


def test_the_basic_guider_has_no_negative_prompt() -> None:
    guider = node("BasicGuider", model=["24", 0], conditioning=["26", 0])
    flux = node("FluxGuidance", conditioning=["6", 0], guidance=3.5)
    said = read(usual(**CUSTOM, **{"21": guider, "26": flux})).settings
    assert (said.prompt, said.negative_prompt, said.guidance_scale) == ("a lighthouse", None, 3.5)


def test_the_first_of_several_samplers_counts() -> None:
    second = {
        **usual()["3"],
        "inputs": {**usual()["3"]["inputs"], "seed": 99, "denoise": 0.4, "latent_image": ["10", 0]},
    }
    graph = usual(
        **{"2": second, "10": node("LatentUpscaleBy", samples=["3", 0], scale_by=1.5)}, **changed("8", samples=["2", 0])
    )
    said = read(graph).settings
    assert (said.seed, said.denoising_strength, said.width) == (5, None, 512)


def test_an_advanced_sampler_is_read() -> None:
    kept = usual()["3"]["inputs"]
    advanced = node(
        "KSamplerAdvanced", noise_seed=["10", 0], **{k: v for k, v in kept.items() if k not in ("seed", "denoise")}
    )
    said = read(usual(**{"3": advanced, "10": node("Seed Everywhere", seed=123)})).settings
    assert (said.seed, said.num_inference_steps, said.denoising_strength) == (123, 28, None)


def test_the_skipped_layers_are_read() -> None:
    clip = node("CLIPSetLastLayer", clip=["4", 1], stop_at_clip_layer=-2)
    assert read(usual(**changed("6", clip=["10", 0]), **{"10": clip})).settings.clip_skip == 2


INK, FOG = RecipeLora("ink", 0.8), RecipeLora("fog", -0.5)
LORAS = {
    "a chain": {
        "10": node("LoraLoader", model=["11", 0], clip=["11", 1], lora_name="a/fog.safetensors", strength_model=-0.5),
        "11": node("LoraLoader", model=["4", 0], clip=["4", 1], lora_name="ink.safetensors", strength_model=0.8),
    },
    "the model alone": {
        "10": node("LoraLoaderModelOnly", model=["11", 0], lora_name="fog.safetensors", strength_model=["12", 0]),
        "11": node("LoraLoaderModelOnly", model=["4", 0], lora_name="ink.safetensors", strength_model=0.8),
        "12": node("PrimitiveFloat", value=-0.5),
    },
    "rgthree's power loader": {
        "10": node(
            "Power Lora Loader (rgthree)", PowerLoraLoaderHeaderWidget={"type": "PowerLoraLoaderHeaderWidget"},
            lora_1={"on": True, "lora": "ink.safetensors", "strength": 0.8},
            lora_2={"on": False, "lora": "off.safetensors", "strength": 1},
            lora_3={"on": True, "lora": "x\\fog.safetensors", "strength": -0.5, "strengthTwo": 1},
            model=["4", 0], clip=["4", 1],
        ),
    },
    "rgthree's stack": {
        "10": node("Lora Loader Stack (rgthree)", lora_01="ink.safetensors", strength_01=0.8, lora_02="fog.safetensors",
                   strength_02=-0.5, lora_03="None", strength_03=1, model=["4", 0]),
    },
    "the Comfyroll stack": {
        "10": node("CR Apply LoRA Stack", model=["4", 0], clip=["4", 1], lora_stack=["11", 0]),
        "11": node("CR LoRA Stack", switch_1="On", lora_name_1="ink.safetensors", model_weight_1=0.8, clip_weight_1=1,
                   switch_2="Off", lora_name_2="off.safetensors", model_weight_2=1, switch_3="On",
                   lora_name_3="fog.safetensors", model_weight_3=-0.5),
    },
    "the Efficiency stack": {
        "10": node("Efficient Loader", ckpt_name="neonMix.safetensors", lora_stack=["11", 0], lora_name="None"),
        "11": node("LoRA Stacker", input_mode="simple", lora_count=2, lora_name_1="ink.safetensors", lora_wt_1=0.8,
                   lora_name_2="fog.safetensors", lora_wt_2=-0.5, lora_name_3="none.safetensors", lora_wt_3=1),
    },
    "the LoRA manager": {
        "10": node("Lora Loader (LoraManager)", model=["4", 0], text="<lora:ink:0.8>", loras={"__value__": [
            {"name": "ink", "strength": 0.8, "active": True}, {"name": "off", "strength": 1, "active": False},
            {"name": "fog", "strength": "-0.5", "active": True}]}),
    },
}  # fmt: skip


@pytest.mark.parametrize("how", list(LORAS))
def test_every_way_of_loading_loras_is_read(how: str) -> None:
    reading = read(usual(**changed("3", model=["10", 0]), **LORAS[how]))
    assert reading.loras == (INK, FOG)
    assert reading.settings.checkpoint == "neonMix"


def test_a_lora_that_nothing_uses_is_not_read() -> None:
    assert read(usual(**{"10": node("LoraLoader", model=["4", 0], lora_name="ink.safetensors")})).loras == ()


def test_civitais_own_graph_names_models_by_their_versions_and_says_what_was_asked() -> None:
    graph: Graph = usual(
        **changed("3", model=["10", 0]),
        **changed("4", ckpt_name="urn:air:sdxl:checkpoint:civitai:6@7"),
        **{"10": node("LoraLoader", lora_name="urn:air:sdxl:lora:civitai:41@42", strength_model=-0.65, model=["4", 0])},
    )
    graph["extra"] = {"airs": ["urn:air:sdxl:lora:civitai:41@42"]}
    asked = {
        "prompt": "as it was asked",
        "negativePrompt": "dull",
        "steps": 35,
        "cfgScale": 6,
        "seed": 904,
        "width": 1024,
    }
    graph["extraMetadata"] = json.dumps(asked)
    reading = read(graph)
    assert (reading.settings.prompt, reading.settings.negative_prompt) == ("as it was asked", "dull")
    assert (reading.settings.num_inference_steps, reading.settings.seed, reading.settings.width) == (35, 904, 1024)
    assert reading.loras == (RecipeLora("civitai:41@42", -0.65, None, 42),)
    assert (reading.checkpoint_version_id, reading.base_model) == (7, "SDXL 1.0")


def test_a_combined_loader_that_holds_both_prompts_is_read() -> None:
    loader = node("Efficient Loader", ckpt_name="neonMix.safetensors", positive="a fox", negative="dull",
                  empty_latent_width=512)  # fmt: skip
    graph = usual(**{"10": loader}, **changed("3", model=["10", 0], positive=["10", 1], negative=["10", 2]))
    assert prompts(graph) == ("a fox", "dull")


def test_a_graph_without_a_sampler_is_no_sure_reading() -> None:
    painted = read(
        {
            "1": node("FluxProImage", prompt="a fox", seed=4, width=512, height=512),
            "2": node("SaveImage", images=["1", 0]),
        }
    )
    assert (painted.settings.prompt, painted.settings.seed, painted.confidence) == ("a fox", 4, 0.45)
    assert read({"1": node("SaveImage", images=["9", 0])}).confidence < 0.3
