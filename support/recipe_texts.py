"""The texts that programs put into pictures, from settings in a product owner's words; {keyword: text}.

Sources: the infotext of stable-diffusion-webui; Civitai's image metadata as its
API gives it; SwarmUI's "Image Metadata Format"; InvokeAI's core metadata node; Fooocus' two metadata schemes;
NovelAI's comment; the public LoRA manager's recipe metadata.
"""

from __future__ import annotations

import json
from typing import Any

from support.recipe_settings import Loras, Settings, by_x, real, sides, whole

# Keywords that stand beside the one text that matters, in PNG alone.
PNG_ALONE = ("fooocus_scheme", "Title", "Description", "Software", "Source", "Generation time", "invokeai_graph")


def automatic1111(settings: Settings, loras: Loras) -> dict[str, str]:
    return {"parameters": _infotext(settings, loras, tags=True)}


def civitai(settings: Settings, loras: Loras) -> dict[str, str]:
    """What Civitai's API says of a picture, as sites and managers write it into the file."""
    resources: list[dict[str, Any]] = [
        {"type": "lora", "name": name, "weight": strength} | ({"hash": sum_} if sum_ else {})
        for name, strength, sum_ in loras
    ]
    if "checkpoint" in settings:
        resources.append({"type": "model", "name": settings["checkpoint"]})
    plain = {
        "prompt": settings.get("prompt"),
        "negativePrompt": settings.get("negative prompt"),
        "sampler": settings.get("sampler"),
        "baseModel": settings.get("base model"),
        "Model": settings.get("checkpoint"),
        "Size": by_x(settings),
        "Denoising strength": settings.get("denoising strength"),
    }
    numbers = {
        "steps": whole(settings, "steps"),
        "cfgScale": real(settings, "guidance"),
        "seed": whole(settings, "seed"),
        "clipSkip": whole(settings, "clip skip"),
    }
    said = {name: value for name, value in (plain | numbers).items() if value is not None}
    return {"parameters": json.dumps(said | {"resources": resources})}


def swarmui(settings: Settings, loras: Loras) -> dict[str, str]:
    """Parameter names without spaces; lists of LoRAs and of their weights; models with their tensors' hash."""
    width, height = sides(settings)
    params = {
        "prompt": settings.get("prompt"),
        "negativeprompt": settings.get("negative prompt"),
        "model": settings.get("checkpoint"),
        "seed": whole(settings, "seed"),
        "steps": whole(settings, "steps"),
        "cfgscale": real(settings, "guidance"),
        "sampler": settings.get("sampler"),
        "width": width,
        "height": height,
        "clipstopatlayer": -int(settings["clip skip"]) if "clip skip" in settings else None,
        "initimagecreativity": real(settings, "denoising strength"),
        "loras": [name for name, _, _ in loras] or None,
        "loraweights": [str(strength) for _, strength, _ in loras] or None,
        "swarm_version": "0.9.7.0",
    }
    models = [{"name": f"{name}.safetensors", "param": "loras", "hash": f"0x{sum_}"} for name, _, sum_ in loras if sum_]
    said = {name: value for name, value in params.items() if value is not None}
    return {"parameters": json.dumps({"sui_image_params": said, "sui_models": models}, indent=2)}


def invokeai(settings: Settings, loras: Loras) -> dict[str, str]:
    """The core metadata; models as identifiers: key, hash, name, base, type."""
    width, height = sides(settings)

    def model(name: str, kind: str, sum_: str | None = None) -> dict[str, Any]:
        base = {"SD 1.5": "sd-1", "SDXL 1.0": "sdxl", "Flux.1 D": "flux"}.get(settings.get("base model", ""), "any")
        return {
            "key": f"key-of-{name}",
            "hash": f"sha256:{sum_}" if sum_ else "",
            "name": name,
            "base": base,
            "type": kind,
        }

    said = {
        "app_version": "6.5.0",
        "generation_mode": "sdxl_txt2img",
        "positive_prompt": settings.get("prompt"),
        "negative_prompt": settings.get("negative prompt"),
        "width": width,
        "height": height,
        "seed": whole(settings, "seed"),
        "cfg_scale": real(settings, "guidance"),
        "steps": whole(settings, "steps"),
        "scheduler": settings.get("sampler"),
        "clip_skip": whole(settings, "clip skip"),
        "strength": real(settings, "denoising strength"),
        "model": model(settings["checkpoint"], "main") if "checkpoint" in settings else None,
        "loras": [{"model": model(name, "lora", sum_), "weight": strength} for name, strength, sum_ in loras],
    }
    return {"invokeai_metadata": json.dumps({name: value for name, value in said.items() if value is not None})}


def fooocus(settings: Settings, loras: Loras) -> dict[str, str]:
    """Fooocus' own scheme: one object, its keys sorted."""
    said: dict[str, Any] = {
        "adm_guidance": "(1.5, 0.8, 0.3)",
        "base_model": settings.get("checkpoint", "juggernautXL_v8"),
        "base_model_hash": "aeb7e9e689",
        "clip_skip": whole(settings, "clip skip"),
        "full_negative_prompt": [settings.get("negative prompt", ""), "a style's own words"],
        "full_prompt": [settings.get("prompt", ""), "cinematic still of everything"],
        "guidance_scale": real(settings, "guidance"),
        "loras": [[name, strength, sum_ or ""] for name, strength, sum_ in loras],
        "metadata_scheme": "fooocus",
        "negative_prompt": settings.get("negative prompt", ""),
        "overwrite_switch": -1,
        "performance": "Speed",
        "prompt": settings.get("prompt", ""),
        "resolution": str(sides(settings)) if "size" in settings else None,
        "sampler": settings.get("sampler"),
        "scheduler": "karras",
        "seed": settings.get("seed"),
        "sharpness": 2.0,
        "steps": whole(settings, "steps"),
        "styles": "['Fooocus V2']",
        "vae": "Default (model)",
        "version": "Fooocus v2.5.5",
    }
    said |= {f"lora_combined_{number}": f"{name} : {strength}" for number, (name, strength, _) in enumerate(loras, 1)}
    text = json.dumps({name: value for name, value in said.items() if value is not None}, sort_keys=True)
    return {"parameters": text, "fooocus_scheme": "fooocus"}


def fooocus_as_automatic1111(settings: Settings, loras: Loras) -> dict[str, str]:
    """Fooocus' other scheme: the web UI's text, the prompt as it was typed beside the one with its style's words."""
    more = {
        "Raw prompt": settings.get("prompt", ""),
        "Raw negative prompt": settings.get("negative prompt", ""),
        "Scheduler": "karras",
        "Performance": "Speed",
        "Lora hashes": ", ".join(f"{name}: {sum_}" for name, _, sum_ in loras if sum_),
        "Lora weights": ", ".join(f"{name}: {strength}" for name, strength, _ in loras),
    }
    styled = {"prompt": f"{_one_line(settings, 'prompt')}, cinematic still"}
    if "negative prompt" in settings:
        styled["negative prompt"] = f"{_one_line(settings, 'negative prompt')}, ugly"
    body, _, line = _infotext({**settings, **styled}, (), tags=False).rpartition("\n")
    extra = ", ".join(f"{name}: {_quoted(value)}" for name, value in more.items() if value)
    return {"parameters": f"{body}\n{line}, {extra}, Version: Fooocus v2.5.5", "fooocus_scheme": "a1111"}


def novelai(settings: Settings, loras: Loras) -> dict[str, str]:
    """NovelAI's comment; it knows no LoRAs of others."""
    width, height = sides(settings)
    said = {
        "prompt": settings.get("prompt", ""),
        "steps": whole(settings, "steps"),
        "height": height,
        "width": width,
        "scale": real(settings, "guidance"),
        "uncond_scale": 1.0,
        "cfg_rescale": 0.0,
        "seed": whole(settings, "seed"),
        "n_samples": 1,
        "noise_schedule": "karras",
        "legacy_v3_extend": False,
        "sampler": settings.get("sampler"),
        "strength": real(settings, "denoising strength"),
        "uc": settings.get("negative prompt", ""),
        "request_type": "PromptGenerateRequest",
        "signed_hash": "bm8gc2lnbmF0dXJl",
    }
    return {
        "Comment": json.dumps({name: value for name, value in said.items() if value is not None}),
        "Title": "NovelAI generated image",
        "Description": settings.get("prompt", ""),
        "Software": "NovelAI",
        "Source": settings.get("checkpoint", "NovelAI Diffusion V4.5 4BDE2A90"),
        "Generation time": "4.4",
    }


def proofsheet(settings: Settings, loras: Loras) -> dict[str, str]:
    """The recipe's own text, with the names that the public LoRA manager gives to its parts."""
    plain = {
        "prompt": settings.get("prompt"),
        "negative_prompt": settings.get("negative prompt"),
        "steps": whole(settings, "steps"),
        "sampler": settings.get("sampler"),
        "cfg_scale": real(settings, "guidance"),
        "seed": whole(settings, "seed"),
        "size": by_x(settings),
        "clip_skip": whole(settings, "clip skip"),
        "denoising_strength": real(settings, "denoising strength"),
    }
    recipe = {
        "title": "a recipe",
        "base_model": settings.get("base model", ""),
        "loras": [{"file_name": name, "strength": strength, "hash": sum_ or ""} for name, strength, sum_ in loras],
        "gen_params": {name: value for name, value in plain.items() if value is not None},
        "tags": [],
    }
    if "checkpoint" in settings:
        recipe["checkpoint"] = {"type": "checkpoint", "file_name": settings["checkpoint"]}
    return {"parameters": f"Recipe metadata: {json.dumps(recipe)}"}


def _infotext(settings: Settings, loras: Loras, *, tags: bool) -> str:
    """The web UI's text: prompt, a line of the negative prompt, a line of settings."""
    prompt = settings.get("prompt", "")
    missing = [lora for lora in loras if f"<lora:{lora[0]}:" not in prompt] if tags else []
    lines = [prompt + "".join(f" <lora:{name}:{strength:g}>" for name, strength, _ in missing)]
    if "negative prompt" in settings:
        lines.append(f"Negative prompt: {settings['negative prompt']}")
    named = {
        "Steps": settings.get("steps", "20"),
        "Sampler": settings.get("sampler", "Euler a"),
        "CFG scale": settings.get("guidance", "7"),
        "Seed": settings.get("seed", "1"),
        "Size": by_x(settings) or "256x256",
        "Model": settings.get("checkpoint", "neonMix"),
        "Denoising strength": settings.get("denoising strength"),
        "Clip skip": settings.get("clip skip"),
        "Lora hashes": ", ".join(f"{name}: {sum_}" for name, _, sum_ in loras if sum_) if tags else None,
    }
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in named.items() if value))
    return "\n".join(lines)


def _quoted(value: str) -> str:
    """As the web UI quotes: only what holds a comma, a colon or a line's end."""
    return json.dumps(value, ensure_ascii=False) if set(value) & set(",:\n") else value


def _one_line(settings: Settings, name: str) -> str:
    return ", ".join(settings.get(name, "").splitlines())
