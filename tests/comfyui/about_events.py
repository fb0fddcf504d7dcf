"""What a socket hears: greetings, the sequence of a prompt, who hears what, and broken messages."""

from __future__ import annotations

from contextlib import suppress

from websockets.exceptions import ConnectionClosed

from tests.comfyui.ear import Ear, Unheard, brief, by_node
from tests.comfyui.graphs import Graph, empty, node, save, saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit


@interaction()
def a_socket_is_greeted_with_the_queue_and_its_id(at: Visit) -> Json:
    return at.plain(at.listen().greeting)


@interaction()
def a_socket_without_an_id_is_given_one(at: Visit) -> Json:
    return at.plain(at.listen("").greeting)


@interaction()
def a_client_id_may_hold_anything(at: Visit) -> Json:
    name = at.called("client")
    return at.plain(at.listen(f"{name} ü/&?").greeting)


@interaction()
def a_socket_under_api_is_the_same(at: Visit) -> Json:
    name = at.called("client")
    with Ear(at.url, name, path="/api/ws") as ear:
        return at.plain(ear.greeting)


@interaction()
def feature_flags_are_answered_in_kind(at: Visit) -> Json:
    ear = at.listen(flags={"supports_preview_metadata": True})
    return at.plain(ear.heard[1])


@interaction()
def broken_messages_are_ignored(at: Visit) -> Json:
    ear = at.listen()
    for message in ("{", b"\x00\x01", "", "[]", "5", '"text"'):
        ear.say(message)
    ran = at.run(saved(at.chance(), at.called("prefix")), ear=ear)
    return {"events": brief(ran.events), "heard": len(ear.heard) - len(ran.events)}


@interaction()
def a_broken_first_message_does_not_use_up_the_greeting(at: Visit) -> Json:
    ear = at.listen()
    ear.say("{")
    return brief(ear.until_now())


@interaction()
def only_the_first_message_may_be_feature_flags(at: Visit) -> Json:
    ear = at.listen()
    ear.say({"type": "hello"})
    ear.say({"type": "feature_flags", "data": {}})
    return brief(at.run(saved(at.chance(), at.called("prefix")), ear=ear).events)


@interaction()
def one_prompt_from_start_to_end(at: Visit) -> Json:
    return at.plain(at.run(saved(at.chance(), at.called("prefix"))).events)


@interaction()
def a_chain_runs_node_by_node(at: Visit) -> Json:
    graph = {
        "1": empty(at.chance()),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("ImageInvert", image=["2", 0]),
        "4": save("3", at.called("prefix")),
    }
    return brief(at.run(graph).events)


@interaction()
def siblings_run_in_any_order_each_whole(at: Visit) -> Json:
    graph: Graph = {
        "1": empty(at.chance()),
        "2": save("1", at.called("prefix")),
        "3": save("1", at.called("prefix b")),
        "4": node("PreviewImage", images=["1", 0]),
    }
    ran = at.run(graph)
    lines = brief(ran.events)
    return {"nodes": by_node(ran.events), "first": lines[:7], "last": lines[-3:], "many": len(lines)}


@interaction()
def a_batch_is_executed_once_with_all_its_files(at: Visit) -> Json:
    ran = at.run(saved(at.chance(), at.called("prefix"), batch=3))
    return at.plain([said for said in ran.events if said["event"] == "executed"])


@interaction()
def nodes_that_no_output_needs_do_not_run(at: Visit) -> Json:
    graph = saved(at.chance(), at.called("prefix")) | {"3": empty(at.chance())}
    return brief(at.run(graph).events)


@interaction()
def another_client_hears_the_status_alone(at: Visit) -> Json:
    other = at.listen()
    at.run(saved(at.chance(), at.called("prefix")))
    return brief(other.until_now())


@interaction()
def without_a_client_id_nobody_hears_of_the_nodes(at: Visit) -> Json:
    other = at.listen()
    at.entry(at.queue(saved(at.chance(), at.called("prefix"))))
    return at.plain(other.until_now())


@interaction()
def a_client_that_is_not_connected_is_no_hindrance(at: Visit) -> Json:
    other = at.listen()
    entry = at.entry(at.queue(saved(at.chance(), at.called("prefix")), client_id=at.called("absent")))
    return {"status": entry["status"]["status_str"], "others": brief(other.until_now())}


@interaction()
def a_client_that_connects_late_misses_the_end(at: Visit) -> Json:
    name = at.called("client")
    prompt_id = at.queue(saved(at.chance(), at.called("prefix")), client_id=name)
    at.entry(prompt_id)
    at.settle()
    at.run(saved(at.chance(), at.called("prefix b")), label="another")
    return brief(at.listen(name).until_now())


@interaction()
def a_second_socket_with_the_id_replaces_the_first(at: Visit) -> Json:
    name = at.called("client")
    first, second = at.listen(name), at.listen(name)
    ran = at.run(saved(at.chance(), at.called("prefix")), ear=second)
    start = len(first.heard)
    with suppress(Unheard, ConnectionClosed):
        while True:
            first.next(0.1)
    heard = brief(first.heard[start:])
    return {"second": len(ran.events), "first": heard}


@interaction(checkpoint=True)
def reconnecting_while_the_prompt_runs_tells_its_node(at: Visit) -> Json:
    ear = at.listen()
    with at.busy(ear):
        ear.close()
        again = at.listen(ear.client_id)
        again.next()
        return at.plain(again.heard[:2])


@interaction(checkpoint=True)
def another_socket_is_not_told_which_node_runs(at: Visit) -> Json:
    with at.busy():
        other = at.listen()
        return brief(other.until_now())


@interaction(checkpoint=True)
def steps_without_a_client_id_are_told_to_everybody(at: Visit) -> Json:
    at.forget()
    other = at.listen()
    at.entry(at.queue(at.sampling(steps=2)))
    heard = brief(other.until_now())
    return [line for line in heard if "status" not in line]


@interaction(checkpoint=True)
def steps_of_a_client_are_told_to_it_alone(at: Visit) -> Json:
    other = at.listen()
    at.run(at.sampling(steps=2))
    return brief(other.until_now())


@interaction()
def a_failing_node_ends_the_prompt(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": save("1", f"../../{at.called('prefix')}")}
    ran = at.run(graph)
    return at.plain(ran.events)


@interaction()
def a_failed_prompt_is_told_to_its_client_alone(at: Visit) -> Json:
    other = at.listen()
    at.run({"1": empty(at.chance()), "2": save("1", f"../../{at.called('prefix')}")})
    return brief(other.until_now())


@interaction()
def a_failed_prompt_without_client_is_told_to_nobody(at: Visit) -> Json:
    other = at.listen()
    at.entry(at.queue({"1": empty(at.chance()), "2": save("1", f"../../{at.called('prefix')}")}))
    return brief(other.until_now())


@interaction()
def a_file_that_is_no_picture_fails_while_running(at: Visit) -> Json:
    name = at.called("file") + ".png"
    at.ask("POST", "/upload/image", files={"image": (name, b"no picture", "image/png")})
    ran = at.run({"1": node("LoadImage", image=name), "2": save("1", at.called("prefix"))})
    error = next(said["data"] for said in ran.events if said["event"] == "execution_error")
    return {
        "lines": brief(ran.events),
        "keys": sorted(error),
        "type": error["exception_type"],
        "node": [error["node_id"], error["node_type"]],
        "inputs": at.plain(error["current_inputs"]),
        "executed": error["executed"],
    }


@interaction()
def pictures_can_be_sent_through_the_socket(at: Visit) -> Json:
    graph = {"1": empty(at.chance(), batch=2), "2": node("SaveImageWebsocket", images=["1", 0])}
    ran = at.run(graph)
    return {"events": at.plain(ran.events), "outputs": ran.entry["outputs"]}


@interaction()
def pictures_through_the_socket_carry_metadata_when_asked(at: Visit) -> Json:
    graph = {"1": empty(at.chance(), 20, 10), "2": node("SaveImageWebsocket", images=["1", 0])}
    ran = at.run(graph, ear=at.listen(flags={"supports_preview_metadata": True}))
    return at.plain([said for said in ran.events if "binary" in said]) + brief(ran.events)


@interaction()
def pictures_through_the_socket_are_always_sent_anew(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": node("SaveImageWebsocket", images=["1", 0])}
    at.run(graph)
    return brief(at.run(graph, label="again").events)
