"""What nodes without weights compute, checked in pixels."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests.comfyui.about_files import png, put
from tests.comfyui.graphs import Graph, Node, empty, node, save, through
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json, nearly, picture, pixels
from tests.comfyui.visit import Visit


def seen(at: Visit, graph: Graph, near: bool = False) -> Json:
    """Size and pixels of every picture of a graph's last node. near: to the nearest multiple of four."""
    ran = at.run(graph)
    told = []
    for file in ran.files(list(graph)[-1]):
        data = at.get("/view", **file).content
        points = nearly(pixels(data)) if near else pixels(data)
        told.append([picture(data)["size"], picture(data)["mode"], points])
    return told


def step(at: Visit, *steps: Node, first: Node | None = None, near: bool = False) -> Json:
    return seen(at, through(list(steps), at.called("prefix"), first or empty(0x206040, 16, 8)), near)


def _halves() -> bytes:
    """Left half black, right half white, top left corner red."""
    image = Image.new("RGB", (16, 8), (0, 0, 0))
    image.paste((255, 255, 255), (8, 0, 16, 8))
    image.putpixel((0, 0), (255, 0, 0))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def loaded(at: Visit) -> Node:
    name = at.called("file") + ".png"
    put(at, name, _halves())
    return node("LoadImage", image=name)


@interaction()
def inverting_turns_every_channel_round(at: Visit) -> Json:
    return step(at, node("ImageInvert"))


@interaction()
def scaling_has_the_size_that_was_asked(at: Visit) -> Json:
    methods = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
    return {
        held: step(at, node("ImageScale", upscale_method=held, width=33, height=21, crop="disabled"), near=True)
        for held in methods
    }


@interaction()
def scaling_to_nought_keeps_the_aspect(at: Visit) -> Json:
    sizes = ((32, 0), (0, 32), (0, 0))
    return {
        str(held): step(at, node("ImageScale", upscale_method="area", width=held[0], height=held[1], crop="center"))
        for held in sizes
    }


@interaction()
def scaling_can_cut_to_the_centre(at: Visit) -> Json:
    scale: dict[str, Any] = {"upscale_method": "nearest-exact", "width": 8, "height": 8}
    first = loaded(at)
    return {held: step(at, node("ImageScale", crop=held, **scale), first=first) for held in ("center", "disabled")}


@interaction()
def scaling_by_a_factor(at: Visit) -> Json:
    return {
        str(held): step(at, node("ImageScaleBy", upscale_method="nearest-exact", scale_by=held)) for held in (2.0, 0.5)
    }


@interaction()
def a_mask_becomes_a_grey_picture(at: Visit) -> Json:
    return {
        str(held): step(at, node("MaskToImage"), first=node("SolidMask", value=held, width=10, height=6))
        for held in (0.0, 0.25, 1.0)
    }


@interaction()
def a_mask_is_inverted(at: Visit) -> Json:
    first = node("SolidMask", value=0.25, width=10, height=6)
    return step(at, node("InvertMask"), node("MaskToImage"), first=first)


@interaction()
def a_channel_becomes_a_mask(at: Visit) -> Json:
    return {held: step(at, node("ImageToMask", channel=held), node("MaskToImage")) for held in ("red", "green", "blue")}


@interaction()
def blending_mixes_two_pictures(at: Visit) -> Json:
    told = {}
    for mode, factor in (
        ("normal", 0.5),
        ("normal", 0.0),
        ("normal", 1.0),
        ("multiply", 1.0),
        ("screen", 1.0),
        ("difference", 1.0),
        ("overlay", 1.0),
        ("soft_light", 1.0),
    ):
        blend = node("ImageBlend", image1=["1", 0], image2=["2", 0], blend_factor=factor, blend_mode=mode)
        graph = {"1": empty(0x206040), "2": empty(0xF08010), "3": blend, "4": save("3", at.called("prefix"))}
        told[f"{mode} {factor}"] = seen(at, graph)
    return told


@interaction()
def a_batch_takes_the_first_ones_size(at: Visit) -> Json:
    graph = {
        "1": empty(0x206040, 16, 8),
        "2": empty(0xF08010, 30, 30, 2),
        "3": node("ImageBatch", image1=["1", 0], image2=["2", 0]),
        "4": save("3", at.called("prefix")),
    }
    return seen(at, graph)


@interaction()
def cropping_takes_a_part(at: Visit) -> Json:
    first = loaded(at)
    return {
        str(held): step(at, node("ImageCrop", width=held[0], height=held[1], x=held[2], y=held[3]), first=first)
        for held in ((4, 4, 0, 0), (4, 2, 6, 0), (100, 100, 12, 6), (4, 4, 100, 100))
    }


@interaction()
def a_loaded_picture_is_saved_as_it_was(at: Visit) -> Json:
    return step(at, first=loaded(at))


@interaction()
def the_mask_of_a_loaded_picture_is_its_alpha_turned_round(at: Visit) -> Json:
    clear, solid = at.called("clear") + ".png", at.called("solid") + ".png"
    put(at, clear, png((10, 200, 30, 51), mode="RGBA"))
    put(at, solid)
    told = {}
    for name in (clear, solid):
        graph = {
            "1": node("LoadImage", image=name),
            "2": node("MaskToImage", mask=["1", 1]),
            "3": save("2", at.called("prefix")),
        }
        told[at.plain(name)] = seen(at, graph)
    return told


@interaction()
def one_channel_is_loaded_as_a_mask(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name, png((10, 200, 30, 51), mode="RGBA"))
    return {
        held: step(at, node("MaskToImage"), first=node("LoadImageMask", image=name, channel=held))
        for held in ("alpha", "red", "green", "blue")
    }


@interaction()
def other_modes_and_formats_are_loaded(at: Visit) -> Json:
    told = {}
    for mode, colour, format_ in (
        ("L", (90,), "PNG"),
        ("P", (3,), "PNG"),
        ("RGB", (10, 200, 30), "BMP"),
        ("LA", (90, 100), "PNG"),
    ):
        name = f"{at.called('file')}.{format_.lower()}"
        put(at, name, png(colour[0] if len(colour) == 1 else colour, mode=mode, format_=format_))  # type: ignore[arg-type]  # Pillow takes a number for one band
        told[f"{mode} {format_}"] = step(at, first=node("LoadImage", image=name))
    return told


@interaction()
def a_file_of_another_folder_can_be_loaded(at: Visit) -> Json:
    name, folder = at.called("file") + ".png", at.called("folder")
    put(at, name, png((1, 2, 3)), type="output")
    put(at, name, png((4, 5, 6)), subfolder=folder)
    asked = (f"{name} [output]", f"{folder}/{name}", f"{folder}/{name} [input]")
    return {at.plain(held): step(at, first=node("LoadImage", image=held)) for held in asked}
