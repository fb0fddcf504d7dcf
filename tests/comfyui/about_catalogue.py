"""What the server says it has: nodes, models, embeddings, and what front ends keep on it."""

from __future__ import annotations

from typing import Any

from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit

FILES = {"image", "mask", "ckpt_name", "lora_name", "vae_name", "unet_name", "clip_name", "clip_name1", "clip_name2"}
PICTURE_NODES = (
    "EmptyImage", "SolidMask", "LoadImage", "LoadImageMask", "ImageScale", "ImageScaleBy", "ImageInvert",
    "ImageBlend", "ImageBatch", "ImageCrop", "MaskToImage", "ImageToMask", "InvertMask", "PreviewImage",
    "SaveImage", "SaveImageWebsocket",
)  # fmt: skip
MODEL_NODES = (
    "CheckpointLoaderSimple", "LoraLoader", "LoraLoaderModelOnly", "CLIPTextEncode", "EmptyLatentImage",
    "KSampler", "VAEDecode", "VAEEncode", "FluxGuidance", "ReferenceLatent", "UNETLoader", "DualCLIPLoader",
    "VAELoader", "ConditioningZeroOut", "FluxKontextImageScale", "ModelSamplingFlux", "EmptySD3LatentImage",
)  # fmt: skip
FURTHER_PICTURE_NODES = (
    "CropMask", "GetImageSize", "ImageColorToMask", "ImageCompositeMasked", "ImageFlip", "ImageFromBatch",
    "ImageRotate", "ImageScaleToTotalPixels", "JoinImageWithAlpha", "LoadImageOutput", "MaskComposite",
    "MaskPreview", "PreviewAny", "PrimitiveBoolean", "PrimitiveFloat", "PrimitiveInt", "PrimitiveString",
    "PrimitiveStringMultiline", "RepeatImageBatch", "SplitImageWithAlpha", "ThresholdMask",
)  # fmt: skip
FURTHER_MODEL_NODES = (
    "BasicGuider", "BasicScheduler", "CFGGuider", "CLIPLoader", "CLIPSetLastLayer", "CLIPTextEncodeFlux",
    "ConditioningAverage", "ConditioningCombine", "ConditioningConcat", "DisableNoise", "FluxDisableGuidance",
    "FluxKontextMultiReferenceLatentMethod", "KSamplerAdvanced", "KSamplerSelect", "LatentFromBatch",
    "LatentUpscale", "LatentUpscaleBy", "ModelSamplingSD3", "RandomNoise", "RepeatLatentBatch",
    "SamplerCustomAdvanced", "SetLatentNoiseMask", "VAEDecodeTiled", "VAEEncodeForInpaint",
)  # fmt: skip


def _option(name: str, told: list[Any]) -> Json:
    """An input as (type, facts): lists of files are named, not shown, and prose is left out."""
    kind, facts = told[0], dict(told[1]) if len(told) > 1 else {}
    if name in FILES and isinstance(kind, list):
        kind = "<files>"
    if name in FILES and "options" in facts:
        facts["options"] = "<files>"
    return [kind, {key: held for key, held in sorted(facts.items()) if key != "tooltip"}]


def _described(at: Visit, class_type: str) -> Json:
    told = at.get(f"/object_info/{class_type}").json().get(class_type)
    if told is None:
        return None
    inputs = {
        group: {name: _option(name, held) for name, held in members.items()} if group != "hidden" else members
        for group, members in told["input"].items()
    }
    kept = {key: held for key, held in told.items() if key not in {"input", "description", "output_tooltips"}}
    return at.plain(kept) | {"input": inputs, "described": isinstance(told.get("description"), str)}


@interaction()
def picture_nodes_are_described(at: Visit) -> Json:
    return {class_type: _described(at, class_type) for class_type in PICTURE_NODES}


@interaction()
def model_nodes_are_described(at: Visit) -> Json:
    return {class_type: _described(at, class_type) for class_type in MODEL_NODES}


@interaction()
def one_node_is_described_as_among_all(at: Visit) -> Json:
    everything = at.get("/object_info")
    one = at.get("/object_info/KSampler").json()
    return {
        "status": everything.status_code,
        "same": everything.json()["KSampler"] == one["KSampler"],
        "alone": list(one),
        "many": len(everything.json()) > 30,
        "has": sorted({*PICTURE_NODES, *MODEL_NODES} & set(everything.json())),
    }


@interaction()
def an_unknown_node_is_an_empty_answer(at: Visit) -> Json:
    return at.asked("GET", "/object_info/NoSuchNode")


@interaction()
def descriptions_are_texts(at: Visit) -> Json:
    told = at.get("/object_info").json()
    return {name: type(told[name].get("description")).__name__ for name in PICTURE_NODES if name in told}


@interaction(checkpoint=True)
def a_loader_lists_the_files_of_its_folder(at: Visit) -> Json:
    options = at.get("/object_info/CheckpointLoaderSimple").json()["CheckpointLoaderSimple"]
    names = options["input"]["required"]["ckpt_name"][0]
    return {"same as the folder": sorted(at.get("/models/checkpoints").json()) == sorted(names), "some": bool(names)}


@interaction()
def model_folders_are_listed(at: Visit) -> Json:
    told = at.get("/models").json()
    return {"folders": [name for name in told if name not in {"custom_nodes"}], "unknown": at.asked("GET", "/models/x")}


@interaction()
def an_empty_model_folder_is_an_empty_list(at: Visit) -> Json:
    return {folder: at.asked("GET", f"/models/{folder}") for folder in ("style_models", "gligen", "hypernetworks")}


@interaction()
def embeddings_are_a_list(at: Visit) -> Json:
    return at.asked("GET", "/embeddings")


@interaction()
def metadata_of_a_missing_file_is_not_found(at: Visit) -> Json:
    paths = (
        "/view_metadata/checkpoints",
        "/view_metadata/checkpoints?filename=a.ckpt",
        "/view_metadata/checkpoints?filename=no-such.safetensors",
    )
    return {path: at.asked("GET", path) for path in paths}


@interaction()
def one_user_keeps_files_on_the_server(at: Visit) -> Json:
    return at.asked("GET", "/users")["body"]["storage"]


@interaction()
def a_setting_is_kept(at: Visit) -> Json:
    name = at.called("setting")
    return {
        "before": at.asked("GET", f"/settings/{name}"),
        "kept": at.asked("POST", f"/settings/{name}", json={"a": [1, True, None]}),
        "after": at.asked("GET", f"/settings/{name}"),
        "among all": at.get("/settings").json()[name],
        "several": at.asked("POST", "/settings", json={name: "other"}),
        "replaced": at.asked("GET", f"/settings/{name}"),
        "broken": at.asked("POST", f"/settings/{name}", content="{"),
    }


@interaction()
def a_user_file_is_kept_moved_and_deleted(at: Visit) -> Json:
    folder, name = at.called("folder"), "flow.json"
    path = f"/userdata/{folder}%2F{name}"
    moved = f"{folder}%2Fmoved.json"
    return {
        "missing": at.asked("GET", path),
        "kept": at.asked("POST", path, content=b'{"nodes": []}'),
        "read": at.asked("GET", path)["status"],
        "text": at.get(path).text,
        "not again": at.asked("POST", path + "?overwrite=false", content=b"{}"),
        "listed": at.asked("GET", f"/userdata?dir={folder}"),
        "split": at.asked("GET", f"/userdata?dir={folder}&split=true"),
        "in full": sorted(at.get(f"/userdata?dir={folder}&full_info=true").json()[0]),
        "written in full": sorted(at.ask("POST", path + "?full_info=true", content=b"{}").json()),
        "moved": at.asked("POST", f"{path}/move/{moved}"),
        "gone": at.asked("GET", path),
        "deleted": at.asked("DELETE", f"/userdata/{moved}"),
        "not twice": at.asked("DELETE", f"/userdata/{moved}"),
    }


@interaction()
def user_files_stay_inside(at: Visit) -> Json:
    return {
        "outside": at.asked("GET", "/userdata/..%2F..%2Fsecret"),
        "written outside": at.asked("POST", "/userdata/..%2F..%2Fsecret", content=b"x"),
        "listed outside": at.asked("GET", "/userdata?dir=../.."),
        "no folder named": at.asked("GET", "/userdata"),
        "no such folder": at.asked("GET", f"/userdata?dir={at.called('folder')}"),
    }


@interaction()
def translations_are_an_object(at: Visit) -> Json:
    answer = at.get("/i18n")
    return [answer.status_code, type(answer.json()).__name__]


@interaction()
def extensions_are_a_list(at: Visit) -> Json:
    answer = at.get("/extensions")
    return [answer.status_code, type(answer.json()).__name__, all(isinstance(held, str) for held in answer.json())]


@interaction()
def further_picture_nodes_are_described(at: Visit) -> Json:
    return {class_type: _described(at, class_type) for class_type in FURTHER_PICTURE_NODES}


@interaction()
def further_model_nodes_are_described(at: Visit) -> Json:
    return {class_type: _described(at, class_type) for class_type in FURTHER_MODEL_NODES}
