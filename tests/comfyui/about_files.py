"""Files: names that count up, what is shown of them, what is uploaded, and what stays inside its folder."""

from __future__ import annotations

import io
import json
from typing import Any

from PIL import Image

from tests.comfyui.graphs import empty, node, save, saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json, picture, pixels
from tests.comfyui.visit import Visit

RED, BLUE = (200, 10, 20), (10, 20, 200)


def png(
    colour: tuple[int, ...] = RED, size: tuple[int, int] = (12, 8), mode: str = "RGB", format_: str = "PNG"
) -> bytes:
    held = io.BytesIO()
    Image.new(mode, size, colour).save(held, format_)
    return held.getvalue()


def put(at: Visit, name: str, content: bytes = b"", route: str = "image", **fields: Any) -> Any:
    files = {"image": (name, content or png(), "image/png")}
    return at.ask("POST", f"/upload/{route}", files=files, data=fields)


@interaction()
def files_count_up_from_the_disk(at: Visit) -> Json:
    prefix = at.called("prefix")
    names = [at.run(saved(at.chance(), prefix, batch=batch)).files("2") for batch in (1, 2, 1)]
    return at.plain(names)


@interaction()
def a_gap_in_the_files_is_not_filled(at: Visit) -> Json:
    prefix = at.called("prefix")
    put(at, f"{prefix}_00041_.png", type="output")
    put(at, f"{prefix}x_00091_.png", type="output")
    put(at, f"{prefix}_abc_.png", type="output")
    return at.plain(at.run(saved(at.chance(), prefix)).files("2"))


@interaction()
def a_prefix_may_name_folders(at: Visit) -> Json:
    folder = at.called("folder")
    graph = {
        "1": empty(at.chance()),
        "2": save("1", f"{folder}/deep/frame"),
        "3": save("1", f"{folder}//.//b/../frame"),
    }
    ran = at.run(graph)
    shown = [at.told(at.get("/view", **ran.files(key)[0])) for key in ("2", "3")]
    return {"files": at.plain(ran.entry["outputs"]), "shown": shown}


@interaction()
def a_prefix_may_hold_the_size(at: Visit) -> Json:
    prefix = at.called("prefix")
    ran = at.run(saved(at.chance(), f"{prefix}-%width%x%height%-%batch_num%", 40, 30, 2))
    return at.plain(ran.files("2"))


@interaction()
def a_prefix_may_hold_the_date(at: Visit) -> Json:
    prefix = at.called("prefix")
    name = at.run(saved(at.chance(), f"{prefix}-%year%-%month%")).files("2")[0]["filename"]
    year, month = name.removeprefix(prefix).strip("-").split("_")[0].split("-")
    return [len(year), len(month), year.isdigit() and month.isdigit()]


@interaction()
def an_empty_prefix_is_no_name(at: Visit) -> Json:
    folder = at.called("folder")
    ran = at.run(saved(at.chance(), f"{folder}/"))
    return at.plain(ran.files("2"))


@interaction()
def a_preview_lies_in_the_temporary_folder(at: Visit) -> Json:
    graph = {"1": empty(at.chance(), batch=2), "2": node("PreviewImage", images=["1", 0])}
    files = at.run(graph).files("2")
    return {"files": at.plain(files), "shown": at.told(at.get("/view", **files[0]))}


@interaction()
def a_saved_picture_holds_its_prompt_and_its_workflow(at: Visit) -> Json:
    colour, prefix = at.chance(), at.called("prefix")
    graph = saved(colour, prefix)
    extra = {"extra_pnginfo": {"workflow": {"nodes": [1, "ü"]}, "own": 5}}
    data = at.get("/view", **at.run(graph, extra_data=extra).files("2")[0]).content
    with Image.open(io.BytesIO(data)) as image:
        texts = {str(key): json.loads(held) for key, held in image.info.items() if isinstance(held, str)}
    same = texts.pop("prompt") == graph
    return {"prompt": same, "texts": texts}


@interaction()
def a_picture_has_the_colour_that_was_asked(at: Visit) -> Json:
    ran = at.run(saved(0x1E90FF, at.called("prefix"), 7, 5))
    data = at.get("/view", **ran.files("2")[0]).content
    return [picture(data), pixels(data)]


@interaction()
def a_picture_is_shown_as_it_lies_there(at: Visit) -> Json:
    name, content = at.called("file") + ".png", png()
    put(at, name, content)
    answer = at.get("/view", filename=name, type="input")
    kept = {"disposition": at.plain(answer.headers.get("content-disposition")), "same": answer.content == content}
    return at.told(answer) | kept | {"ranges": answer.headers.get("accept-ranges")}


@interaction()
def a_name_may_say_its_folder(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name)
    put(at, name, png(BLUE), type="temp")
    asked = (f"{name} [input]", f"{name} [temp]", f"{name} [output]", f"{name} [other]", f"{name}[input]", name)
    return {at.plain(held): at.told(at.get("/view", filename=held)) for held in asked}


@interaction()
def a_missing_file_is_not_found(at: Visit) -> Json:
    name = at.called("file")
    asked = {
        "no name": "/view",
        "empty name": "/view?filename=",
        "not there": f"/view?filename={name}.png",
        "no such subfolder": f"/view?filename={name}.png&subfolder={name}",
        "a folder": "/view?filename=.&type=input",
        "preview of nothing": f"/view?filename={name}.png&preview=webp",
    }
    return {what: at.asked("GET", path) for what, path in asked.items()}


@interaction()
def views_stay_inside(at: Visit) -> Json:
    asked = {
        "parent": "/view?filename=../server.py",
        "parent, encoded": "/view?filename=..%2Fserver.py",
        "dots in the name": "/view?filename=a..png",
        "root": "/view?filename=/etc/passwd",
        "unknown type": "/view?filename=a.png&type=secret",
        "empty type": "/view?filename=a.png&type=",
        "subfolder outside": "/view?filename=a.png&subfolder=../..",
        "subfolder at the root": "/view?filename=passwd&subfolder=/etc",
        "subfolder and back": "/view?filename=a.png&subfolder=a/..",
    }
    return {what: at.asked("GET", path) for what, path in asked.items()}


@interaction()
def a_preview_is_smaller_in_bytes_and_another_format(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name, png((10, 200, 30, 128), (16, 16), "RGBA"))
    asked = ("webp;90", "jpeg;80", "webp", "jpeg", "png;50", "", "webp;no", "50", "JPEG;80")
    told = {held: at.told(at.get("/view", filename=name, type="input", preview=held)) for held in asked}
    disposition = at.get("/view", filename=name, type="input", preview="webp").headers["content-disposition"]
    return told | {"disposition": at.plain(disposition)}


@interaction()
def one_channel_of_a_picture_can_be_asked(at: Visit) -> Json:
    name, plain = at.called("file") + ".png", at.called("plain") + ".png"
    put(at, name, png((10, 200, 30, 128), mode="RGBA"))
    put(at, plain)
    told: dict[str, Json] = {}
    for file, what in ((name, "with alpha"), (plain, "without")):
        for channel in ("rgb", "a", "rgba", "x"):
            answer = at.get("/view", filename=file, type="input", channel=channel)
            told[f"{what}: {channel}"] = [at.told(answer), pixels(answer.content)[0]]
    with_preview = at.get("/view", filename=name, type="input", channel="a", preview="jpeg")
    return told | {"alpha and preview": at.told(with_preview)}


@interaction()
def pages_and_scripts_are_not_shown_but_downloaded(at: Visit) -> Json:
    told = {}
    name = at.called("file")
    for ending in ("html", "js", "css", "txt", "svg", "json", "xhtml", "webp", "unknown", "png"):
        put(at, f"{name}.{ending}", b"<b>")
        answer = at.get("/view", filename=f"{name}.{ending}", type="input")
        told[ending] = [answer.status_code, answer.headers["content-type"]]
    return told


@interaction()
def a_part_of_a_file_can_be_asked(at: Visit) -> Json:
    name, content = at.called("file") + ".png", png()
    put(at, name, content)
    told = {}
    for asked in ("bytes=0-7", "bytes=-5", "bytes=100000-"):
        answer = at.ask("GET", f"/view?filename={name}&type=input", headers={"Range": asked})
        told[asked] = [answer.status_code, len(answer.content)]
    return told


@interaction()
def an_upload_is_answered_with_its_name(at: Visit) -> Json:
    name = at.called("file") + ".png"
    return {"answer": at.told(put(at, name)), "shown": at.asked("GET", f"/view?filename={name}&type=input")}


@interaction()
def the_same_bytes_keep_the_name_and_others_do_not(at: Visit) -> Json:
    name = at.called("file") + ".png"
    contents = (png(), png(), png(BLUE), png(BLUE), png((1, 2, 3)), png())
    return [at.plain(put(at, name, content).json()["name"]) for content in contents]


@interaction()
def overwriting_keeps_the_name(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name)
    told = {}
    for asked in ("true", "1", "false", "TRUE"):
        told[asked] = at.plain(put(at, name, png((ord(asked[0]), 0, 0)), overwrite=asked).json()["name"])
    content = at.get("/view", filename=name, type="input").content
    return {"names": told, "pixel": pixels(content)[0]}


@interaction()
def an_upload_may_go_to_a_subfolder_and_another_folder(at: Visit) -> Json:
    name, folder = at.called("file") + ".png", at.called("folder")
    told = {}
    for kind in ("input", "output", "temp"):
        answer = put(at, name, subfolder=f"{folder}/deep", type=kind)
        shown = at.get("/view", filename=name, subfolder=f"{folder}/deep", type=kind)
        told[kind] = [at.told(answer), shown.status_code]
    return told


@interaction()
def an_upload_without_a_picture_is_refused(at: Visit) -> Json:
    name = at.called("file") + ".png"
    return {
        "other field": at.asked("POST", "/upload/image", files={"picture": (name, png(), "image/png")}),
        "a text": at.asked("POST", "/upload/image", files={"other": ("a", b"b")}, data={"image": "text"})["status"],
        "nothing": at.asked("POST", "/upload/image")["status"],
        "no form": at.asked("POST", "/upload/image", content=b"{}", headers={"Content-Type": "application/json"}),
        "unknown type": put(at, name, type="secret").status_code,
    }


@interaction()
def an_upload_stays_inside(at: Visit) -> Json:
    name = at.called("file") + ".png"
    return {
        "name outside": at.told(put(at, f"../{name}")),
        "subfolder outside": at.told(put(at, name, subfolder="../..")),
        "subfolder at the root": at.told(put(at, name, subfolder="/tmp")),
        "name with a folder": at.told(put(at, f"nowhere/{name}"))["status"],
    }


@interaction()
def an_upload_need_not_be_a_picture(at: Visit) -> Json:
    name = at.called("file") + ".txt"
    return at.told(put(at, name, b"words"))


@interaction()
def a_mask_lands_in_the_alpha_of_the_original(at: Visit) -> Json:
    name, masked = at.called("file") + ".png", at.called("masked") + ".png"
    put(at, name)
    reference = json.dumps({"filename": name, "type": "input", "subfolder": ""})
    answer = put(at, masked, png((0, 0, 0, 77), mode="RGBA"), "mask", original_ref=reference)
    content = at.get("/view", filename=masked, type="input").content
    return {"answer": at.told(answer), "picture": picture(content), "pixel": pixels(content)[0]}


@interaction()
def a_mask_of_a_missing_original_is_not_kept(at: Visit) -> Json:
    masked, name = at.called("masked") + ".png", at.called("file")
    reference = json.dumps({"filename": f"{name}.png", "type": "input"})
    outside = json.dumps({"filename": "../a.png", "type": "input"})
    answers = [at.told(put(at, masked, b"", "mask", original_ref=held)) for held in (reference, outside)]
    return {
        "answers": answers,
        "kept": at.asked("GET", f"/view?filename={masked}&type=input")["status"],
        "no reference": put(at, masked, b"", "mask").status_code,
    }


@interaction()
def an_uploaded_picture_can_be_chosen_at_once(at: Visit) -> Json:
    name = at.called("file") + ".png"
    before = name in at.get("/object_info/LoadImage").json()["LoadImage"]["input"]["required"]["image"][0]
    put(at, name)
    after = name in at.get("/object_info/LoadImage").json()["LoadImage"]["input"]["required"]["image"][0]
    return [before, after]


@interaction()
def a_deleted_file_is_still_named_by_a_cached_answer(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": node("PreviewImage", images=["1", 0])}
    first, second = at.run(graph), at.run(graph, label="again")
    return {"same": first.files("2") == second.files("2"), "shown": at.told(at.get("/view", **second.files("2")[0]))}
