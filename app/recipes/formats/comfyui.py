"""ComfyUI's graph: `prompt` (as its API takes it) and `workflow` (as its editor keeps it), read along the links.

The prompt is what the sampler's positive input leads to, whatever the nodes on the way are titled; of several samplers
that one counts which comes first, as the later ones refine its picture. Civitai's own ComfyUI writes its record beside
the graph (`extraMetadata`), which then counts for what it says.

How sure: 0.9 for the API's form with a sampler, 0.8 for a workflow (its widgets are named by position); half of that
without a sampler. A program that writes the web UI's text as well says there what it means: that is surer.
Source: the nodes' definitions of ComfyUI 0.8 and of the node packs named in `comfy_loras`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.recipes.formats import civitai, resources, values
from app.recipes.formats.comfy_graph import Graph, Link, Node, from_api
from app.recipes.formats.comfy_loras import loras_of, model_name
from app.recipes.formats.comfy_workflow import from_workflow
from app.recipes.formats.texts import Text, Texts
from app.recipes.recipe import Reading, RecipeSettings

NAME = "comfyui"

_API, _WORKFLOW = 0.9, 0.8
_OUTPUTS = ("saveimage", "save image", "imagesave", "image save", "previewimage", "savewebp", "saveanimated", "preview")
_ENCODED = ("text", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "prompt", "bert", "mt5xl", "llama", "string")
_PARTS_OF_SAMPLER = ("noise", "guider", "sampler", "sigmas", "basic_pipe", "pipe")
_LATENTS = ("latent_image", "latent", "latents", "samples", "optional_latent", "input", "any", "")
_MODELS = ("model", "model1", "guider", "unet", "base_model", "any", "input", "pipe", "basic_pipe", "")
_CHECKPOINTS = ("ckpt_name", "unet_name", "gguf_name", "base_ckpt_name", "model_name", "model_path")
_NOT_TEXTUAL = ("clip", "model", "vae", "control_net", "image", "pixels", "mask", "latent", "samples", "style_model")
_NAMED_SIZE = re.compile(r"([1-9]\d{1,4}) ?[x×] ?([1-9]\d{1,4})\b", re.ASCII)
_TAGGING = ("wildcard", "lora tag", "lazylora", "promptcontrol")


def read(texts: Texts) -> Reading:
    """The surest of the graphs among the texts."""
    best = Reading()
    for text in texts.all:
        reading = _read(text)
        if reading.confidence > best.confidence:
            best = reading
    return best


def _read(text: Text) -> Reading:
    said = values.mapping(text.data)
    if isinstance(said.get("prompt"), dict) and "class_type" not in said:
        said = {**said["prompt"], **{key: said[key] for key in ("extraMetadata",) if key in said}}
    if any(isinstance(node, dict) and isinstance(node.get("class_type"), str) for node in said.values()):
        return _with_record(_of(from_api(said), _API), said)
    nodes = values.listed(said.get("nodes"))
    if any(isinstance(node, dict) and "type" in node and "id" in node for node in nodes):
        return _of(from_workflow(said), _WORKFLOW)
    return Reading()


def _of(graph: Graph, confidence: float) -> Reading:
    ordered = graph.upstream(_ends(graph))
    if not any(map(_is_sampler, ordered)):
        ordered = graph.upstream(graph.nodes)
    sampler = next((node for node in ordered if _is_sampler(node)), None)
    if sampler is None:
        sampler = next((node for node in ordered if isinstance(node.inputs.get("prompt"), (str, Link))), None)
        confidence /= 2
    if sampler is None:
        return Reading(NAME, round(confidence / 2, 2)) if graph.nodes else Reading()
    positive, guidance = _prompt(graph, sampler, "positive")
    negative, _ = _prompt(graph, sampler, "negative")
    checkpoint = _checkpoint(graph, sampler, ordered)
    found = resources.Found()
    for node in ordered:
        for lora in loras_of(graph, node):
            found.add(lora.name, lora.strength, None, lora.model_version_id)
    if any(word in node.kind.lower() for node in ordered for word in _TAGGING):
        found.tags(positive or "")
    base_model, _, version = values.air(checkpoint)
    return Reading(
        format=NAME,
        confidence=confidence,
        settings=replace(
            _settings(graph, sampler, ordered, guidance),
            prompt=values.text(positive),
            negative_prompt=values.text(negative),
            checkpoint=model_name(checkpoint),
        ),
        loras=found.loras(),
        base_model=base_model,
        checkpoint_version_id=version,
    )


def _ends(graph: Graph) -> list[str]:
    """Where to begin: nodes that save a picture, then the others that nothing follows."""
    saving = [node.name for node in graph.nodes.values() if node.kind.lower().startswith(_OUTPUTS)]
    if saving:
        return sorted(saving, key=lambda name: "preview" in graph.nodes[name].kind.lower())
    followed = {link.node for node in graph.nodes.values() for link in node.links()}
    return [name for name in graph.nodes if name not in followed] or list(graph.nodes)


def _is_sampler(node: Node) -> bool:
    """Also those of other packs: it takes conditioning, and says how to sample."""
    if node.link("guider") and node.link("sigmas"):
        return True
    how = any(name in node.inputs for name in ("sampler_name", "sampler", "sigmas")) or "sampler" in node.kind.lower()
    return how and node.link("positive", "conditioning", "pipe", "basic_pipe") is not None


def _settings(graph: Graph, sampler: Node, ordered: list[Node], guidance: float | None) -> RecipeSettings:
    parts = list(graph.through(sampler, *_PARTS_OF_SAMPLER))

    def said(*names: str) -> Any:
        for part in parts:
            for name in names:
                found = graph.number(part.inputs.get(name), name)
                if found is not None and not isinstance(found, (list, dict)):
                    return found
        return None

    width, height = _size(graph, sampler)
    scale = values.real(said("cfg", "cfg_scale"))
    denoise = values.real(said("denoise"))
    skipped = next((node.inputs["stop_at_clip_layer"] for node in ordered if "stop_at_clip_layer" in node.inputs), None)
    layer = values.whole(graph.number(skipped, "stop_at_clip_layer"))
    return RecipeSettings(
        num_inference_steps=values.whole(said("steps")),
        sampler=values.line(said("sampler_name")),
        scheduler=values.line(said("scheduler")),
        guidance_scale=scale if guidance is None else guidance,
        true_cfg_scale=None if guidance is None else scale,
        seed=values.whole(said("seed", "noise_seed")),
        width=width,
        height=height,
        clip_skip=-layer if layer is not None and layer < 0 else None,
        # All of the noise is what a picture from text alone has: nothing was kept, nothing to say.
        denoising_strength=None if denoise == 1 else denoise,
    )


def _prompt(graph: Graph, sampler: Node, role: str) -> tuple[str | None, float | None]:
    """The texts behind the sampler's positive or negative input, and FLUX's guidance on the way."""
    names = ("positive", "conditioning", "cond1", "prompt") if role == "positive" else (role,)
    inputs = [node.inputs for node in graph.through(sampler, "guider", "pipe", "basic_pipe")]
    start = next((each[name] for each in inputs for name in names if name in each), None)
    if isinstance(start, str):
        return start, None
    found: list[str] = []
    guidance: float | None = None
    waiting: list[Link | None] = [start]
    seen: set[Link] = set()
    while waiting:
        link = waiting.pop()
        node = graph.node(link) if isinstance(link, Link) else None
        if node is None or link is None or link in seen or "zeroout" in node.kind.lower():
            continue
        seen.add(link)
        if guidance is None:
            guidance = values.real(graph.number(node.inputs.get("guidance"), "guidance"))
        encoded = [text for name in _encoded(node, role) if (text := graph.text(node.inputs[name])) is not None]
        found += encoded
        # A node with a text and conditioning as well (a box with its own words) adds to what comes before.
        waiting += reversed(_onward(node, link.slot, role) if not encoded else _conditioning(node))
    return "\n".join(dict.fromkeys(text for text in found if text)) or None, guidance


def _encoded(node: Node, role: str) -> list[str]:
    """The inputs of a node that hold texts; those of its role where it has both (as combined loaders do)."""
    if isinstance(node.inputs.get(role), str):
        return [role]
    return [name for name in _ENCODED if name in node.inputs]


def _onward(node: Node, slot: int, role: str) -> list[Link]:
    both = node.link("positive"), node.link("negative")
    if both[0] and both[1]:
        # Such a node hands both through, the positive first.
        return [link for number, link in enumerate(both) if number == slot and link]
    if node.link(role):
        return [link for link in (node.link(role),) if link]
    return _conditioning(node) or node.links(*_NOT_TEXTUAL)


def _conditioning(node: Node) -> list[Link]:
    return [value for name, value in node.inputs.items() if isinstance(value, Link) and "cond" in name.lower()]


def _size(graph: Graph, sampler: Node) -> tuple[int | None, int | None]:
    """Of the latent that the sampler begins with, or of its schedule."""
    for node in [*graph.through(sampler, *_LATENTS), *graph.through(sampler, "sigmas")]:
        width = values.natural(graph.number(node.inputs.get("width"), "width"))
        height = values.natural(graph.number(node.inputs.get("height"), "height"))
        if width and height:
            return width, height
        named = _NAMED_SIZE.match(str(node.inputs.get("resolution") or node.inputs.get("dimensions") or ""))
        if named:
            return int(named[1]), int(named[2])
    return None, None


def _checkpoint(graph: Graph, sampler: Node, ordered: list[Node]) -> Any:
    """The file of the model that the sampler works with."""
    for node in [*graph.through(sampler, *_MODELS), *ordered]:
        for name in _CHECKPOINTS:
            found = node.inputs.get(name)
            if isinstance(found, str) and found and not (name == "model_name" and "upscale" in node.kind.lower()):
                return found
    return None


def _with_record(reading: Reading, said: Mapping[str, Any]) -> Reading:
    """Civitai's record beside its graph says what was asked for, before its own nodes changed it."""
    extra = said.get("extraMetadata")
    record = values.mapping(values.parsed(extra)) if isinstance(extra, str) else values.mapping(extra)
    if not record or reading.format is None:
        return reading
    settings, _, _ = civitai.record(record)
    return replace(
        reading, confidence=max(reading.confidence, _API), settings=replace(reading.settings, **settings.said())
    )
