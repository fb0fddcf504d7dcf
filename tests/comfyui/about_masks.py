"""Further nodes without weights: parts of batches, masks on pictures, turns, values shown as text."""

from __future__ import annotations

from tests.comfyui.about_files import png, put
from tests.comfyui.about_pixels import loaded, seen, step
from tests.comfyui.graphs import Graph, empty, node, save
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit


def _text(at: Visit, graph: Graph) -> Json:
    return at.plain(at.run(graph).entry["outputs"])


@interaction()
def a_picture_is_turned(at: Visit) -> Json:
    first = loaded(at)
    turns = ("none", "90 degrees", "180 degrees", "270 degrees")
    return {held: step(at, node("ImageRotate", rotation=held), first=first) for held in turns}


@interaction()
def a_picture_is_mirrored(at: Visit) -> Json:
    first = loaded(at)
    ways = ("x-axis: vertically", "y-axis: horizontally")
    return {held: step(at, node("ImageFlip", flip_method=held), first=first) for held in ways}


@interaction()
def part_of_a_batch_is_taken(at: Visit) -> Json:
    told = {}
    for index, length in ((0, 1), (1, 2), (2, 5), (50, 1)):
        part = node("ImageFromBatch", batch_index=index, length=length)
        told[f"{index}+{length}"] = step(at, part, first=empty(0x206040, 8, 8, 3))
    return told


@interaction()
def a_picture_is_repeated(at: Visit) -> Json:
    return len(step(at, node("RepeatImageBatch", amount=3), first=empty(0x206040, 8, 8, 2)))


@interaction()
def a_picture_is_laid_on_another(at: Visit) -> Json:
    told = {}
    for x, y, resize, masked in ((4, 2, False, False), (12, 6, False, False), (0, 0, True, False), (4, 2, False, True)):
        lay = node("ImageCompositeMasked", destination=["1", 0], source=["2", 0], x=x, y=y, resize_source=resize)
        graph = {
            "1": empty(0x206040, 16, 8),
            "2": empty(0xF08010, 8, 4),
            "3": node("SolidMask", value=1.0, width=8, height=4),
            "4": lay,
            "5": save("4", at.called("prefix")),
        }
        if masked:
            lay["inputs"]["mask"] = ["3", 0]
        told[f"{x},{y} {'resized' if resize else ''}{'masked' if masked else ''}"] = seen(at, graph)
    return told


@interaction()
def masks_are_joined(at: Visit) -> Json:
    told = {}
    for held in ("multiply", "add", "subtract", "and", "or", "xor"):
        graph = {
            "1": node("SolidMask", value=1.0, width=16, height=8),
            "2": node("SolidMask", value=1.0, width=4, height=4),
            "3": node("MaskComposite", destination=["1", 0], source=["2", 0], x=0, y=0, operation=held),
            "4": node("MaskToImage", mask=["3", 0]),
            "5": save("4", at.called("prefix")),
        }
        told[held] = seen(at, graph)
    return told


@interaction()
def a_mask_is_cut(at: Visit) -> Json:
    first = node("SolidMask", value=1.0, width=16, height=8)
    cut = node("CropMask", x=2, y=1, width=5, height=3)
    graph = {"1": first, "2": cut, "3": node("MaskToImage", mask=["2", 0]), "4": save("3", at.called("prefix"))}
    cut["inputs"]["mask"] = ["1", 0]
    return seen(at, graph)


@interaction()
def a_mask_is_made_of_a_threshold_or_a_colour(at: Visit) -> Json:
    told = {}
    for value in (0.2, 0.3):
        graph = {
            "1": node("SolidMask", value=0.25, width=8, height=8),
            "2": node("ThresholdMask", mask=["1", 0], value=value),
            "3": node("MaskToImage", mask=["2", 0]),
            "4": save("3", at.called("prefix")),
        }
        told[str(value)] = seen(at, graph)
    first = loaded(at)
    for colour in (0xFF0000, 0xFFFFFF):
        told[f"{colour:06x}"] = step(at, node("ImageColorToMask", color=colour), node("MaskToImage"), first=first)
    return told


@interaction()
def alpha_is_joined_and_split(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name, png((10, 200, 30, 51), mode="RGBA"))
    graph: Graph = {
        "1": node("LoadImage", image=name),
        "2": node("JoinImageWithAlpha", image=["1", 0], alpha=["1", 1]),
        "3": node("SplitImageWithAlpha", image=["2", 0]),
        "4": node("MaskToImage", mask=["3", 1]),
    }
    return {
        "joined": seen(at, graph | {"5": save("2", at.called("prefix"))}),
        "split": seen(at, graph | {"5": save("3", at.called("prefix"))}),
        "alpha": seen(at, graph | {"5": save("4", at.called("prefix"))}),
    }


@interaction()
def a_mask_is_shown_as_a_preview(at: Visit) -> Json:
    ran = at.run({"1": node("SolidMask", value=1.0, width=9, height=7), "2": node("MaskPreview", mask=["1", 0])})
    return {"outputs": at.plain(ran.entry["outputs"]), "shown": at.told(at.get("/view", **ran.files("2")[0]))}


@interaction()
def scaling_to_a_number_of_pixels(at: Visit) -> Json:
    scale = node("ImageScaleToTotalPixels", upscale_method="nearest-exact", megapixels=0.01, resolution_steps=1)
    return step(at, scale, first=empty(0x206040, 40, 20))


@interaction()
def a_value_is_shown_as_text(at: Visit) -> Json:
    told = {}
    values = (
        ("PrimitiveInt", at.chance()),
        ("PrimitiveFloat", 2.5),
        ("PrimitiveBoolean", True),
        ("PrimitiveString", f"words {at.called('word')}"),
        ("PrimitiveStringMultiline", "one\ntwo"),
    )
    for class_type, value in values:
        graph = {"1": node(class_type, value=value), "2": node("PreviewAny", source=["1", 0])}
        told[class_type] = at.plain(_text(at, graph))
    return told


@interaction()
def the_size_of_a_picture_is_a_value(at: Visit) -> Json:
    graph: Graph = {"1": empty(at.chance(), 24, 16, 2), "2": node("GetImageSize", image=["1", 0])}
    for number in range(3):
        graph[str(3 + number)] = node("PreviewAny", source=["2", number])
    return dict(sorted(_text(at, graph).items()))


@interaction()
def a_value_can_be_linked_where_a_number_belongs(at: Visit) -> Json:
    graph = {
        "1": node("PrimitiveInt", value=48),
        "2": {"class_type": "EmptyImage", "inputs": {"width": ["1", 0], "height": 8, "batch_size": 1, "color": 255}},
        "3": save("2", at.called("prefix")),
    }
    return seen(at, graph)


@interaction()
def a_value_of_another_kind_is_refused(at: Visit) -> Json:
    told = {}
    for class_type, value in (("PrimitiveFloat", 48.0), ("PrimitiveString", "48"), ("PrimitiveBoolean", True)):
        inputs = {"width": ["1", 0], "height": 8, "batch_size": 1, "color": 255}
        graph = {
            "1": node(class_type, value=value),
            "2": {"class_type": "EmptyImage", "inputs": inputs},
            "3": save("2", "unused"),
        }
        body = at.told(at.submit(graph))["body"]
        told[class_type] = [error["details"] for error in body["node_errors"]["2"]["errors"]]
    return told


@interaction()
def an_output_node_may_show_its_words_to_the_socket(at: Visit) -> Json:
    graph = {"1": node("PrimitiveString", value=at.called("word")), "2": node("PreviewAny", source=["1", 0])}
    return at.plain([said for said in at.run(graph).events if said["event"] == "executed"])


@interaction()
def a_saved_picture_with_alpha_keeps_it(at: Visit) -> Json:
    graph = {
        "1": empty(0x206040, 8, 8),
        "2": node("SolidMask", value=0.0, width=8, height=8),
        "3": node("JoinImageWithAlpha", image=["1", 0], alpha=["2", 0]),
        "4": save("3", at.called("prefix")),
    }
    return seen(at, graph)
