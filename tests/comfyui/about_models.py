"""Further graphs with a checkpoint: edits with a reference, other samplers, parts of a sampling, latents."""

from __future__ import annotations

from typing import Any

from tests.comfyui.about_files import png, put
from tests.comfyui.ear import brief, by_node
from tests.comfyui.graphs import Graph, node, save
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json, picture
from tests.comfyui.visit import Ran, Visit


def _steps(ran: Ran) -> list[str]:
    return [line for line in brief(ran.events) if line.startswith(("progress ", "picture"))]


def _sizes(at: Visit, ran: Ran, key: str = "9") -> Json:
    return [picture(at.get("/view", **file).content)["size"] for file in ran.files(key)]


@interaction(checkpoint=True)
def an_edit_with_a_reference_runs_through(at: Visit) -> Json:
    at.forget()
    name = at.called("file") + ".png"
    put(at, name, png((200, 10, 20), (64, 64)))
    graph: Graph = at.sampling(steps=2, cfg=1.0)
    graph |= {
        "20": node("LoadImage", image=name),
        "21": node("VAEEncode", pixels=["20", 0], vae=["4", 2]),
        "22": node("ReferenceLatent", conditioning=["6", 0], latent=["21", 0]),
        "23": node("FluxGuidance", conditioning=["22", 0], guidance=2.5),
        "24": node("ConditioningZeroOut", conditioning=["6", 0]),
    }
    graph["3"]["inputs"] |= {"positive": ["23", 0], "negative": ["24", 0]}
    ran = at.run(graph)
    return {"nodes": by_node(ran.events), "sizes": _sizes(at, ran), "status": ran.entry["status"]["status_str"]}


@interaction(checkpoint=True)
def every_sampler_of_note_tells_a_progress_a_step(at: Visit) -> Json:
    samplers = ("euler", "euler_ancestral", "heun", "dpm_2", "dpmpp_2m", "dpmpp_sde", "uni_pc", "lcm", "ddim")
    return {held: _steps(at.run(at.sampling(steps=3, sampler_name=held))) for held in samplers}


@interaction(checkpoint=True)
def every_scheduler_of_note_runs(at: Visit) -> Json:
    schedulers = ("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal")
    return {held: len(_steps(at.run(at.sampling(steps=3, scheduler=held)))) for held in schedulers}


@interaction(checkpoint=True)
def half_the_denoising_takes_all_the_steps_asked(at: Visit) -> Json:
    return {str(held): _steps(at.run(at.sampling(steps=4, denoise=held))) for held in (0.01, 0.5, 1.0)}


@interaction(checkpoint=True)
def no_denoising_at_all_takes_no_step(at: Visit) -> Json:
    ran = at.run(at.sampling(steps=4, denoise=0.0))
    return {"steps": _steps(ran), "status": ran.entry["status"]["status_str"]}


@interaction(checkpoint=True)
def a_part_of_the_steps_can_be_sampled(at: Visit) -> Json:
    graph = at.sampling(steps=6)
    inputs: dict[str, Any] = graph["3"]["inputs"]
    inputs["noise_seed"] = inputs.pop("seed")
    del inputs["denoise"]
    part = {"add_noise": "enable", "start_at_step": 2, "end_at_step": 5, "return_with_leftover_noise": "enable"}
    graph["3"] = {"class_type": "KSamplerAdvanced", "inputs": inputs | part}
    return _steps(at.run(graph))


@interaction(checkpoint=True)
def a_sampler_in_pieces_runs_through(at: Visit) -> Json:
    at.forget()
    graph = at.sampling(steps=2)
    seed = graph.pop("3")["inputs"]["seed"]
    graph |= {
        "30": node("RandomNoise", noise_seed=seed),
        "31": node("BasicGuider", model=["4", 0], conditioning=["6", 0]),
        "32": node("KSamplerSelect", sampler_name="euler"),
        "33": node("BasicScheduler", model=["4", 0], scheduler="simple", steps=3, denoise=1.0),
        "3": node(
            "SamplerCustomAdvanced",
            noise=["30", 0],
            guider=["31", 0],
            sampler=["32", 0],
            sigmas=["33", 0],
            latent_image=["5", 0],
        ),
    }
    ran = at.run(graph)
    return {"nodes": by_node(ran.events), "sizes": _sizes(at, ran)}


@interaction(checkpoint=True)
def latents_are_scaled_and_repeated(at: Visit) -> Json:
    graph = at.sampling(steps=1)
    graph |= {
        "40": node("LatentUpscaleBy", samples=["5", 0], upscale_method="nearest-exact", scale_by=2.0),
        "41": node("RepeatLatentBatch", samples=["40", 0], amount=2),
    }
    graph["3"]["inputs"]["latent_image"] = ["41", 0]
    return _sizes(at, at.run(graph))


@interaction(checkpoint=True)
def a_tiled_decoding_tells_its_progress(at: Visit) -> Json:
    graph = at.sampling(steps=1)
    tiles = {"tile_size": 64, "overlap": 0, "temporal_size": 64, "temporal_overlap": 8}
    graph["8"] = node("VAEDecodeTiled", samples=["3", 0], vae=["4", 2], **tiles)
    ran = at.run(graph)
    return {"sizes": _sizes(at, ran), "status": ran.entry["status"]["status_str"]}


@interaction(checkpoint=True)
def a_picture_that_is_no_multiple_of_eight_is_cut_when_encoded(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name, png((200, 10, 20), (67, 70)))
    graph = at.sampling()
    for key in ("3", "5", "6", "7"):
        del graph[key]
    graph["12"] = node("LoadImage", image=name)
    graph["13"] = node("VAEEncode", pixels=["12", 0], vae=["4", 2])
    graph["8"]["inputs"]["samples"] = ["13", 0]
    return _sizes(at, at.run(graph))


@interaction(checkpoint=True)
def a_lora_that_is_not_there_is_named(at: Visit) -> Json:
    lora = node("LoraLoader", lora_name="none.safetensors", strength_model=1.0, strength_clip=1.0)
    lora["inputs"] |= {"model": ["4", 0], "clip": ["4", 1]}
    graph = at.sampling() | {"10": lora}
    graph["3"]["inputs"]["model"] = ["10", 0]
    body = at.submit(graph).json()
    return {
        key: [[error["type"], error["message"]] for error in held["errors"]]
        for key, held in body["node_errors"].items()
    }


@interaction(checkpoint=True)
def strengths_of_a_lora_are_limited(at: Visit) -> Json:
    lora = node("LoraLoader", lora_name=at.lora(), strength_model=100.5, strength_clip=-101)
    lora["inputs"] |= {"model": ["4", 0], "clip": ["4", 1]}
    graph = at.sampling() | {"10": lora}
    graph["3"]["inputs"]["model"] = ["10", 0]
    body = at.told(at.submit(graph))["body"]
    return body["node_errors"]["10"]["errors"]


@interaction(checkpoint=True)
def loras_are_chained(at: Visit) -> Json:
    at.forget()
    graph = at.sampling(steps=1)
    source = "4"
    for key in ("10", "11"):
        lora = node("LoraLoaderModelOnly", lora_name=at.lora(), strength_model=0.5, model=[source, 0])
        graph[key], source = lora, key
    graph["3"]["inputs"]["model"] = [source, 0]
    return by_node(at.run(graph).events)


@interaction(checkpoint=True)
def a_text_may_be_anything(at: Visit) -> Json:
    told = {}
    texts = ("", "ü 🎨 \\ (red:1.3) [blue]", "word " * 400, "a\nb\tc", "embedding:none")
    for text in texts:
        graph = at.sampling(steps=1)
        graph["6"]["inputs"]["text"] = text
        told[text[:20]] = at.run(graph).entry["status"]["status_str"]
    return told


@interaction(checkpoint=True)
def a_text_that_is_no_text_is_made_one(at: Visit) -> Json:
    graph = at.sampling(steps=1)
    graph["6"]["inputs"]["text"] = 5
    graph["7"]["inputs"]["text"] = None
    ran = at.run(graph)
    return [ran.entry["prompt"][2][key]["inputs"]["text"] for key in ("6", "7")]


@interaction(checkpoint=True)
def a_latent_is_no_picture(at: Visit) -> Json:
    graph = at.sampling() | {"9": save("3", "unused")}
    return at.told(at.submit(graph))["body"]["node_errors"]["9"]["errors"]


@interaction(checkpoint=True)
def the_cached_checkpoint_is_not_loaded_again(at: Visit) -> Json:
    at.run(at.sampling(steps=1))
    messages = dict(at.run(at.sampling(steps=1)).entry["status"]["messages"])
    return messages["execution_cached"]["nodes"]
