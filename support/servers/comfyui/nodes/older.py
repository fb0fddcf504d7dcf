"""The node classes as an older version has them: fewer options, and more of them declared in the old way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes.registry import Input, NodeClass
from support.servers.comfyui.nodes.saving import older_mask_preview
from support.servers.comfyui.profile import Profile

# Rewritten in the modern way only after 0.3.64.
_NOT_YET_MODERN = ("comfy_extras.nodes_mask", "comfy_extras.nodes_images", "comfy_extras.nodes_custom_sampler")
# Options that came after 0.3.64, by input.
_LATER = {
    "sampler_name": {"exp_heun_2_x0", "exp_heun_2_x0_sde"},
    "type": {"flux2", "ovis", "hunyuan_video_15", "kandinsky5", "kandinsky5_image", "ltxv", "newbie"},
    "reference_latents_method": {"index_timestep_zero"},
}
# Of CLIPLoader's types this one was there.
_KEPT = {("CLIPLoader", "ltxv")}


def nodes_of(profile: Profile, nodes: Mapping[str, NodeClass]) -> dict[str, NodeClass]:
    """The classes of that version. Only 0.3.64 differs from what is declared here."""
    return {name: _older(one) if profile == "0.3" else one for name, one in nodes.items()}


def _older(one: NodeClass) -> NodeClass:
    shown = {"PreviewAny": "Preview Any", "FluxKontextMultiReferenceLatentMethod": None, "MaskPreview": None}
    return replace(
        one,
        function=older_mask_preview if one.name == "MaskPreview" else one.function,
        required={
            name: _fewer(one.name, name, put) for name, put in one.required.items() if name != "resolution_steps"
        },
        modern=one.modern and one.module not in _NOT_YET_MODERN,
        tells_match_types=False,
        deprecated=False,
        display_name=shown.get(one.name, one.display_name),
    )


def _fewer(node: str, name: str, one: Input) -> Input:
    later = {option for option in _LATER.get(name, set()) if (node, option) not in _KEPT}
    if one.among is not None and later:
        return replace(one, among=_without(later, one.among))
    if node == "ImageColorToMask" and name == "color":
        return replace(one, options={**one.options, "display": "color"})
    if node == "PrimitiveFloat":
        return replace(one, options={key: value for key, value in one.options.items() if key != "step"})
    return one


def _without(later: set[str], among: Callable[[Folders], list[str]]) -> Callable[[Folders], list[str]]:
    return lambda folders: [option for option in among(folders) if option not in later]
