"""Submitting: numbers, ids, extra data, targets, and the errors that name no node."""

from __future__ import annotations

from typing import Any

from tests.comfyui.graphs import empty, node, save, saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit


def _simple(at: Visit) -> dict[str, Any]:
    return saved(at.chance(), at.called("prefix"))


@interaction()
def an_accepted_prompt_is_answered_with_id_number_and_errors(at: Visit) -> Json:
    answer = at.submit(_simple(at))
    body = answer.json()
    return {
        "status": answer.status_code,
        "type": answer.headers["content-type"],
        "keys": list(body),
        "id": at.plain(body["prompt_id"]),
        "number": type(body["number"]).__name__,
        "node_errors": body["node_errors"],
    }


@interaction()
def numbers_count_up_by_one_even_for_refused_prompts(at: Visit) -> Json:
    first = at.submit(_simple(at)).json()["number"]
    at.submit({})
    at.post("/prompt", {})
    second = at.submit(_simple(at)).json()["number"]
    at.submit(_simple(at), number=7)
    third = at.submit(_simple(at)).json()["number"]
    return [second - first, third - second]


@interaction()
def a_number_is_echoed_as_float(at: Visit) -> Json:
    numbers: dict[str, Json] = {}
    for asked in (5, 2.5, -3, "7", True):
        numbers[repr(asked)] = at.submit(_simple(at), number=asked).json()["number"]
    return numbers


@interaction()
def a_number_that_is_none_breaks_the_server(at: Visit) -> Json:
    return {repr(asked): at.told(at.submit(_simple(at), number=asked)) for asked in ("first", None, [1])}


@interaction()
def front_negates_the_counter(at: Visit) -> Json:
    before = at.submit(_simple(at)).json()["number"]
    front = at.submit(_simple(at), front=True).json()["number"]
    behind = at.submit(_simple(at), front=False).json()["number"]
    return {"minus the counter": front + before == -1, "false": behind - before, "type": type(front).__name__}


@interaction()
def a_clients_prompt_id_is_kept(at: Visit) -> Json:
    own = at.called("own")
    answer = at.submit(_simple(at), prompt_id=own)
    return {"id": at.plain(answer.json()["prompt_id"]), "history": at.plain(at.entry(own)["prompt"][1])}


@interaction()
def a_prompt_id_may_be_anything(at: Visit) -> Json:
    number = at.chance()
    at.known(str(number), "number")
    ids = [at.submit(_simple(at), prompt_id=own).json()["prompt_id"] for own in (number, f"id with {number} spaces")]
    return {"ids": at.plain(ids), "found": [bool(at.entry(own)) for own in ids]}


@interaction()
def duplicate_prompt_ids_are_not_refused(at: Visit) -> Json:
    own = at.called("own")
    first = at.run(_simple(at), prompt_id=own)
    second = at.run(_simple(at), prompt_id=own)
    return {
        "same": first.prompt_id == second.prompt_id,
        "history has the later": at.entry(own)["prompt"][2] == second.entry["prompt"][2],
        "not the earlier": first.entry["prompt"][2] != second.entry["prompt"][2],
    }


@interaction()
def a_body_without_prompt_is_refused(at: Visit) -> Json:
    return {
        "nothing": at.asked("POST", "/prompt", json={}),
        "other": at.asked("POST", "/prompt", json={"client_id": "a"}),
    }


@interaction()
def a_prompt_that_is_no_graph(at: Visit) -> Json:
    asked: tuple[Any, ...] = ({}, None, [], "graph", 5, [[]])
    return {repr(graph): at.told(at.submit(graph)) for graph in asked}


@interaction()
def a_graph_without_outputs_is_refused(at: Visit) -> Json:
    return at.told(at.submit({"1": empty(1)}))


@interaction()
def an_unknown_class_is_named(at: Visit) -> Json:
    graph = {"1": empty(1), "5": node("NoSuchNode", a=1), "2": save("1", "unused")}
    return at.told(at.submit(graph))


@interaction()
def a_node_without_class_is_named(at: Visit) -> Json:
    return {
        "missing": at.told(at.submit({"7": {"inputs": {}}})),
        "null": at.told(at.submit({"7": {"class_type": None, "inputs": {}}})),
        "the first": at.told(at.submit({"7": {"class_type": "Nope", "inputs": {}}, "8": {"inputs": {}}})),
    }


@interaction()
def a_node_that_is_no_object(at: Visit) -> Json:
    asked: tuple[Any, ...] = ([], None, 5, "SaveImage")
    return {repr(held): at.told(at.submit({"1": held})) for held in asked}


@interaction()
def a_node_without_inputs_fails_validation(at: Visit) -> Json:
    return at.told(at.submit({"1": {"class_type": "SaveImage"}}))


@interaction()
def unknown_inputs_and_keys_are_ignored(at: Visit) -> Json:
    graph = _simple(at)
    graph["1"]["inputs"]["surprise"] = 5
    graph["1"]["_meta"] = {"title": "a picture"}
    ran = at.run(graph, surprise=True)
    return [ran.entry["status"]["status_str"], ran.entry["prompt"][2]["1"].get("_meta")]


@interaction()
def only_the_targets_run(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": save("1", at.called("prefix")), "3": save("1", at.called("prefix b"))}
    ran = at.run(graph, partial_execution_targets=["3"])
    return {"outputs": list(ran.entry["outputs"]), "asked": ran.entry["prompt"][4]}


@interaction()
def targets_that_are_no_outputs_leave_nothing_to_run(at: Visit) -> Json:
    asked: tuple[Any, ...] = (["1"], ["nine"], [], "2")
    return {repr(held): at.submit(_simple(at), partial_execution_targets=held).status_code for held in asked}


@interaction()
def no_targets_run_all_outputs(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": save("1", at.called("prefix")), "3": save("1", at.called("prefix b"))}
    return sorted(at.run(graph, partial_execution_targets=None).entry["outputs"])


@interaction()
def extra_data_is_kept_with_the_client_in_it(at: Visit) -> Json:
    ear = at.listen()
    ran = at.run(_simple(at), ear=ear, extra_data={"mine": [1, 2], "extra_pnginfo": {"workflow": {"id": "w1"}}})
    without = at.queue(_simple(at), label="other")
    return {"with": at.plain(ran.entry["prompt"][3]), "without": at.plain(at.entry(without)["prompt"][3])}


@interaction()
def a_client_in_the_extra_data_is_the_client_too(at: Visit) -> Json:
    ear = at.listen()
    prompt_id = at.queue(_simple(at), extra_data={"client_id": ear.client_id})
    return len(ear.until_end(prompt_id)) > 3


@interaction(checkpoint=True)
def api_keys_are_held_apart(at: Visit) -> Json:
    keys = {"api_key_comfy_org": "secret-key", "auth_token_comfy_org": "secret-token", "kept": 1}
    with at.busy():
        prompt_id = at.queue(_simple(at), extra_data=keys)
        queued = at.get("/queue").text
        at.post("/queue", {"delete": [prompt_id]})
    ran = at.run(_simple(at), extra_data=keys)
    told = at.get(f"/history/{ran.prompt_id}").text
    return {
        "in the queue": ["secret-key" in queued, "secret-token" in queued],
        "in the history": ["secret-key" in told, "secret-token" in told],
        "kept": at.plain(ran.entry["prompt"][3]),
        "members": len(ran.entry["prompt"]),
    }


@interaction()
def extra_data_that_is_no_object(at: Visit) -> Json:
    asked: tuple[Any, ...] = (None, [], "text")
    return {repr(held): at.submit(_simple(at), extra_data=held, client_id="a").status_code for held in asked}


@interaction()
def values_are_kept_as_the_server_read_them(at: Visit) -> Json:
    inputs = {"width": "32", "height": 24.9, "batch_size": True, "color": "255"}
    graph = {"1": {"class_type": "EmptyImage", "inputs": inputs}, "2": save("1", at.called("prefix"))}
    ran = at.run(graph)
    return {"graph": ran.entry["prompt"][2]["1"]["inputs"], "status": ran.entry["status"]["status_str"]}


@interaction()
def a_wrapped_value_is_unwrapped(at: Visit) -> Json:
    graph = _simple(at)
    graph["1"]["inputs"]["width"] = {"__value__": 48}
    ran = at.run(graph)
    return [ran.entry["prompt"][2]["1"]["inputs"]["width"], at.told(at.get("/view", **ran.files("2")[0]))]


@interaction()
def node_ids_may_be_words(at: Visit) -> Json:
    graph = {"the picture": empty(at.chance()), "the file": save("the picture", at.called("prefix"))}
    ran = at.run(graph)
    return {"outputs": at.plain(ran.entry["outputs"]), "meta": at.plain(ran.entry.get("meta"))}
