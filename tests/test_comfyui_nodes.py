"""The nodes of the ComfyUI double that need no weights: exact pixels, files, and what clients read of all nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from support import pictures
from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes import NODES
from support.servers.comfyui.nodes.older import nodes_of
from support.servers.comfyui.nodes.registry import Context, fingerprint, run
from support.servers.comfyui.object_info import object_info
from tests.comfyui_graphs import Graph, plain, ran


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def context(folders: Folders) -> Context:
    return Context(folders)


def pixel(images: list[Image.Image]) -> Any:
    return images[0].getpixel((0, 0))


# Without weights


@given(colour=st.integers(0, 0xFFFFFF))
@settings(max_examples=25, deadline=None)
def test_an_empty_image_has_exactly_its_colour(colour: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = ran(Context(Folders(tmp_path_factory.getbasetemp())), plain(colour), "0")
    assert pixel(made) == (colour >> 16, colour >> 8 & 255, colour & 255)


def test_a_batch_of_empty_images_has_as_many(context: Context) -> None:
    graph: Graph = {"0": ("EmptyImage", {"width": 3, "height": 2, "batch_size": 4, "color": 0})}
    assert [image.size for image in ran(context, graph, "0")] == [(3, 2)] * 4


@given(level=st.integers(0, 255))
@settings(max_examples=25, deadline=None)
def test_inverting_twice_changes_a_level_by_one_at_most(level: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    graph = {
        **plain(level * 0x010101),
        "a": ("ImageInvert", {"image": ["0", 0]}),
        "b": ("ImageInvert", {"image": ["a", 0]}),
    }
    context = Context(Folders(tmp_path_factory.getbasetemp()))
    assert 255 - level - pixel(ran(context, graph, "a"))[0] in (0, 1)
    assert abs(pixel(ran(context, graph, "b"))[0] - level) <= 1


@pytest.mark.parametrize(
    ("level", "inverted"), [(0, 255), (64, 191), (65, 189), (66, 189), (127, 127), (128, 126), (255, 0)]
)
def test_inverting_loses_a_level_where_32_bits_do(context: Context, level: int, inverted: int) -> None:
    """Measured on the real server, which cuts off 255 × (1 − level / 255)."""
    graph = {**plain(level * 0x010101), "inverted": ("ImageInvert", {"image": ["0", 0]})}
    assert pixel(ran(context, graph, "inverted")) == (inverted,) * 3


@pytest.mark.parametrize(
    ("value", "shown", "inverted"), [(0.0, 0, 255), (0.25, 63, 191), (0.3, 76, 178), (0.5, 127, 127), (1.0, 255, 0)]
)
def test_masks_are_cut_off_to_bytes_only_at_the_end(context: Context, value: float, shown: int, inverted: int) -> None:
    graph: Graph = {
        "mask": ("SolidMask", {"value": value, "width": 2, "height": 2}),
        "shown": ("MaskToImage", {"mask": ["mask", 0]}),
        "other": ("InvertMask", {"mask": ["mask", 0]}),
        "inverted": ("MaskToImage", {"mask": ["other", 0]}),
    }
    assert pixel(ran(context, graph, "shown")) == (shown,) * 3
    assert pixel(ran(context, graph, "inverted")) == (inverted,) * 3


@pytest.mark.parametrize(
    ("mode", "factor", "expected"),
    [
        ("normal", 0.0, 100), ("normal", 1.0, 200), ("normal", 0.5, 150), ("multiply", 1.0, 78), ("screen", 1.0, 221),
        ("overlay", 1.0, 156), ("soft_light", 1.0, 133), ("difference", 1.0, 0), ("difference", 0.5, 0),
    ],
)  # fmt: skip
def test_blending_computes_each_mode(context: Context, mode: str, factor: float, expected: int) -> None:
    inputs = {"image1": ["0", 0], "image2": ["1", 0], "blend_factor": factor, "blend_mode": mode}
    graph = {**plain(0x646464, 0xC8C8C8), "blend": ("ImageBlend", inputs)}
    assert abs(pixel(ran(context, graph, "blend"))[0] - expected) <= 1


@pytest.mark.parametrize(
    ("width", "height", "size"), [(20, 10, (20, 10)), (20, 0, (20, 10)), (0, 40, (80, 40)), (0, 0, (8, 4))]
)
def test_a_side_of_nought_follows_from_the_aspect(
    context: Context, width: int, height: int, size: tuple[int, int]
) -> None:
    inputs = {"image": ["0", 0], "upscale_method": "area", "width": width, "height": height, "crop": "disabled"}
    graph = {**plain(0, width=8, height=4), "scaled": ("ImageScale", inputs)}
    assert ran(context, graph, "scaled")[0].size == size


def test_nearest_takes_the_pixels_as_they_are(context: Context) -> None:
    graph = {
        **plain(0xFF0000, 0x0000FF),
        "both": (
            "ImageCompositeMasked",
            {"destination": ["0", 0], "source": ["1", 0], "x": 1, "y": 0, "resize_source": False},
        ),
        "scaled": ("ImageScaleBy", {"image": ["both", 0], "upscale_method": "nearest-exact", "scale_by": 2.0}),
    }
    made = ran(context, graph, "scaled")[0]
    assert [made.getpixel((x, 0)) for x in range(4)] == [(255, 0, 0)] * 2 + [(0, 0, 255)] * 2


def test_a_crop_beside_the_picture_keeps_its_last_pixel(context: Context) -> None:
    graph = {
        **plain(5, width=8, height=8),
        "cut": ("ImageCrop", {"image": ["0", 0], "width": 9, "height": 9, "x": 90, "y": 6}),
    }
    assert ran(context, graph, "cut")[0].size == (1, 2)


def test_a_batch_of_two_sizes_takes_the_firsts(context: Context) -> None:
    graph = {**plain(1, width=8), "big": plain(2, width=32, height=32)["0"]}
    graph["batch"] = ("ImageBatch", {"image1": ["0", 0], "image2": ["big", 0]})
    assert [image.size for image in ran(context, graph, "batch")] == [(8, 2), (8, 2)]


def test_a_picture_without_alpha_has_no_alpha_channel(context: Context) -> None:
    graph = {**plain(1), "mask": ("ImageToMask", {"image": ["0", 0], "channel": "alpha"})}
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        ran(context, graph, "mask")


# Files


def test_a_loaded_picture_tells_what_is_transparent(context: Context) -> None:
    Image.new("RGBA", (4, 4), (10, 20, 30, 55)).save(context.folders.input / "x.png")
    images, masks = run(NODES["LoadImage"], {"image": "x.png"}, context).outputs
    assert (pixel(images), round(pixel(masks) * 255)) == ((10, 20, 30), 200)


def test_a_picture_without_transparency_has_an_empty_mask_of_64(context: Context) -> None:
    Image.new("RGB", (4, 4)).save(context.folders.input / "x.png")
    _, masks = run(NODES["LoadImage"], {"image": "x.png"}, context).outputs
    assert (masks[0].size, masks[0].getextrema()) == ((64, 64), (0.0, 0.0))


def test_a_loaded_file_is_known_by_its_bytes(folders: Folders) -> None:
    prints = []
    for data in (b"one", b"one", b"two"):
        (folders.input / "x.png").write_bytes(data)
        prints.append(fingerprint(NODES["LoadImage"], {"image": "x.png"}, folders))
    assert prints[0] == prints[1] != prints[2]


def test_a_saved_picture_carries_prompt_and_workflow(context: Context) -> None:
    context.prompt, context.extra_data = {"1": {"class_type": "X"}}, {"extra_pnginfo": {"workflow": {"a": [1]}}}
    result = run(NODES["SaveImage"], {"images": [Image.new("RGB", (4, 4))], "filename_prefix": "x"}, context)
    assert result.ui == {"images": [{"filename": "x_00001_.png", "subfolder": "", "type": "output"}]}
    texts = pictures.decode((context.folders.output / "x_00001_.png").read_bytes()).texts
    assert {name: json.loads(text) for name, text in texts.items()} == {
        "prompt": context.prompt,
        "workflow": {"a": [1]},
    }


def test_a_preview_lies_in_temp_under_another_name_each_time(context: Context) -> None:
    saved = [run(NODES["PreviewImage"], {"images": [Image.new("RGB", (4, 4))]}, context).ui for _ in range(3)]
    files = [one["images"][0] for one in saved if one is not None]
    assert {file["type"] for file in files} == {"temp"} and len({file["filename"] for file in files}) == 3
    assert not list(context.folders.output.iterdir())


def test_pictures_for_the_socket_leave_no_file(context: Context) -> None:
    sent: list[Image.Image] = []
    context.send_image = sent.append
    run(NODES["SaveImageWebsocket"], {"images": [Image.new("RGB", (4, 4))] * 2}, context)
    assert (len(sent), [path for path in context.folders.root.rglob("*") if path.is_file()]) == (2, [])


# What clients read of them


def test_every_class_is_described_as_json(folders: Folders) -> None:
    told = json.loads(json.dumps(object_info(NODES, folders)))
    assert set(told) == set(NODES)
    for name, about in told.items():
        assert about["name"] == name and about["input_order"]["required"] == list(about["input"]["required"])
        assert len(about["output"]) == len(about["output_name"]) == len(about["output_is_list"])


def test_an_old_and_a_modern_class_write_their_lists_down_differently(folders: Folders) -> None:
    told = object_info(NODES, folders)
    assert told["ImageScale"]["input"]["required"]["crop"] == [["disabled", "center"]]
    assert told["ImageToMask"]["input"]["required"]["channel"][0] == "COMBO"
    older = object_info(nodes_of("0.3", NODES), folders)
    assert older["ImageToMask"]["input"]["required"]["channel"] == [["red", "green", "blue", "alpha"]]


def test_the_lists_follow_the_model_files_and_the_disk(folders: Folders) -> None:
    folders.models["checkpoints"] = ["new.safetensors"]
    (folders.input / "b.png").touch()
    (folders.input / "a.txt").touch()
    told = object_info(NODES, folders)
    assert told["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0] == ["new.safetensors"]
    assert told["LoadImage"]["input"]["required"]["image"][0] == ["b.png"]
    assert told["LoadImageMask"]["input"]["required"]["image"][0] == ["a.txt", "b.png"]
