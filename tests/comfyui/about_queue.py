"""The queue at work: what waits and runs, its order, deleting, interrupting; the history; freeing."""

from __future__ import annotations

from typing import Any

from tests.comfyui.ear import brief
from tests.comfyui.graphs import empty, node, save, saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import LONG_STEPS, Visit


def _members(at: Visit, items: list[Any]) -> Json:
    """Queue items as the interface has them, the graph and the number by what they are."""
    return [
        [type(number).__name__, at.plain(prompt_id), sorted(graph), at.plain(extra), outputs]
        for number, prompt_id, graph, extra, outputs in items
    ]


def _waiting(at: Visit, label: str, **more: Any) -> str:
    return at.queue(saved(at.chance(), at.called(f"prefix {label}")), label=label, **more)


def _ids(at: Visit) -> Json:
    told = at.get("/queue").json()
    return {key: [at.plain(item[1]) for item in sorted(held, key=lambda item: item[0])] for key, held in told.items()}


@interaction()
def an_idle_queue_is_two_empty_lists(at: Visit) -> Json:
    return at.asked("GET", "/queue")


@interaction(checkpoint=True)
def the_queue_shows_what_runs_and_what_waits(at: Visit) -> Json:
    with at.busy():
        _waiting(at, "waiting", extra_data={"mine": 1})
        told = at.get("/queue").json()
        remaining = at.asked("GET", "/prompt")
    return {key: _members(at, held) for key, held in told.items()} | {"remaining": remaining}


@interaction(checkpoint=True)
def what_waits_can_be_deleted(at: Visit) -> Json:
    with at.busy():
        first, second = _waiting(at, "first"), _waiting(at, "second")
        deleted = at.asked("POST", "/queue", json={"delete": [first, "unknown"]})
        left = _ids(at)
        at.post("/queue", {"delete": [second]})
        emptied = _ids(at)
    return {"deleted": deleted, "left": left, "emptied": emptied, "history": at.asked("GET", f"/history/{first}")}


@interaction(checkpoint=True)
def what_runs_cannot_be_deleted(at: Visit) -> Json:
    with at.busy() as running:
        deleted = at.asked("POST", "/queue", json={"delete": [running]})
        return {"deleted": deleted, "left": _ids(at)}


@interaction(checkpoint=True)
def clearing_takes_what_waits_and_leaves_what_runs(at: Visit) -> Json:
    with at.busy():
        _waiting(at, "first")
        _waiting(at, "second")
        kept = [at.asked("POST", "/queue", json={"clear": False}), _ids(at)]
        cleared = at.asked("POST", "/queue", json={"clear": True})
        return {"kept": kept, "cleared": cleared, "left": _ids(at)}


@interaction(checkpoint=True)
def deleting_is_told_to_every_socket(at: Visit) -> Json:
    with at.busy():
        first = _waiting(at, "first")
        _waiting(at, "second")
        other = at.listen()
        at.post("/queue", {"delete": [first]})
        at.post("/queue", {"clear": True})
        return brief(other.until_now())


@interaction(checkpoint=True)
def the_front_overtakes_and_numbers_order_the_rest(at: Visit) -> Json:
    with at.busy():
        _waiting(at, "normal")
        _waiting(at, "front", front=True)
        _waiting(at, "far", number=1e9)
        _waiting(at, "soon", number=-1e9)
        ordered = _ids(at)["queue_pending"]
    at.settle()
    done = [at.plain(key) for key in at.get("/history").json()]
    return {"waiting": ordered, "done": [key for key in done if key in {"<normal>", "<front>", "<far>", "<soon>"}]}


@interaction()
def an_empty_order_to_the_queue_does_nothing(at: Visit) -> Json:
    return {
        "nothing": at.asked("POST", "/queue", json={}),
        "unknown": at.asked("POST", "/queue", json={"delete": ["unknown"]}),
        "no list": at.asked("POST", "/queue", json={"delete": None})["status"],
    }


@interaction(checkpoint=True)
def an_interrupt_stops_what_runs(at: Visit) -> Json:
    at.forget()
    ear = at.listen()
    with at.busy(ear) as running:
        answer = at.asked("POST", "/interrupt", json={"prompt_id": running})
        events = ear.until_end(running)
        entry = at.entry(running)
    stopped = next(said for said in events if said["event"] == "execution_interrupted")
    stopped["data"]["executed"].sort()
    lines = brief(events)
    return {
        "answer": answer,
        "interrupted": at.plain(stopped),
        "end": lines[lines.index("execution_interrupted") :],
        "status": [entry["status"]["status_str"], entry["status"]["completed"]],
        "messages": [event for event, _ in entry["status"]["messages"]],
        "outputs": entry["outputs"],
        "keys": list(entry),
    }


@interaction(checkpoint=True)
def an_interrupt_without_id_stops_somebody_elses_prompt(at: Visit) -> Json:
    ear = at.listen()
    with at.busy(ear) as running:
        answer = at.asked("POST", "/interrupt", content=b"")
        ear.until("execution_interrupted")
        return {"answer": answer, "status": at.entry(running)["status"]["status_str"]}


@interaction(checkpoint=True)
def an_interrupt_of_another_id_stops_nothing(at: Visit) -> Json:
    ear = at.listen()
    with at.busy(ear) as running:
        waiting = _waiting(at, "waiting")
        answers = [at.asked("POST", "/interrupt", json={"prompt_id": held}) for held in ("unknown", waiting)]
        ear.until("progress")
        ear.until("progress")
        return {"answers": answers, "history": at.asked("GET", f"/history/{running}"), "queue": _ids(at)}


@interaction(checkpoint=True)
def an_interrupt_with_an_empty_id_stops_whatever_runs(at: Visit) -> Json:
    ear = at.listen()
    with at.busy(ear):
        answer = at.asked("POST", "/interrupt", json={"prompt_id": ""})
        ear.until("execution_interrupted")
        return answer


@interaction(checkpoint=True)
def an_interrupt_is_told_to_everybody_when_nobody_owns_the_prompt(at: Visit) -> Json:
    other = at.listen()
    prompt_id = at.queue(at.sampling(steps=LONG_STEPS))
    other.until("progress")
    at.stop(prompt_id)
    return [line for line in brief(other.until_now()) if not line.startswith("progress")]


@interaction(checkpoint=True)
def outputs_made_before_an_interrupt_stay(at: Visit) -> Json:
    ear = at.listen()
    graph = at.sampling(steps=LONG_STEPS) | {"20": empty(at.chance()), "21": save("20", at.called("early"))}
    graph["5"] = node("VAEEncode", pixels=["22", 0], vae=["4", 2])
    graph["22"] = node("ImageScale", image=["20", 0], upscale_method="bilinear", width=64, height=64, crop="disabled")
    prompt_id = at.queue(graph, ear)
    ear.until("progress")
    early = "executed 21" in brief(ear.heard)
    entry = at.stop(prompt_id)
    return {"consistent": early == ("21" in entry["outputs"]), "status": entry["status"]["status_str"]}


@interaction()
def an_interrupt_while_idle_is_lost(at: Visit) -> Json:
    answers = [at.asked("POST", "/interrupt", json={}), at.asked("POST", "/interrupt", content=b"{")]
    ran = at.run(saved(at.chance(), at.called("prefix")))
    return {"answers": answers, "next": ran.entry["status"]["status_str"]}


@interaction(checkpoint=True)
def a_prompt_after_an_interrupted_one_is_whole(at: Visit) -> Json:
    with at.busy() as running:
        waiting = _waiting(at, "waiting")
        at.stop(running)
        entry = at.entry(waiting)
    return [entry["status"]["status_str"], at.plain(entry["outputs"])]


@interaction()
def a_finished_prompt_is_in_the_history(at: Visit) -> Json:
    ran = at.run(saved(at.chance(), at.called("prefix")), extra_data={"mine": True})
    entry = dict(ran.entry)
    number, _, graph, _, _ = entry["prompt"]
    entry["prompt"] = [type(number).__name__, *entry["prompt"][1:]]
    graph["1"]["inputs"]["color"] = "<colour>"
    return at.plain(entry)


@interaction()
def a_failed_prompt_is_in_the_history(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": save("1", f"../../{at.called('prefix')}"), "3": empty(at.chance())}
    entry = at.run(graph).entry
    return at.plain({key: held for key, held in entry.items() if key != "prompt"})


@interaction()
def outputs_made_before_a_failure_stay(at: Visit) -> Json:
    first = at.called("first")
    at.run(saved(at.chance(), first))
    graph = {
        "1": empty(at.chance()),
        "2": save("1", first),
        "3": node("LoadImage", image=f"{first}_00001_.png [output]"),
        "4": save("3", f"../../{first}"),
    }
    entry = at.run(graph).entry
    made = entry["outputs"].get("2")
    told = dict(entry["status"]["messages"])["execution_error"]
    return {"status": entry["status"]["status_str"], "consistent": (made is not None) == ("2" in told["executed"])}


@interaction(checkpoint=True)
def the_history_knows_nothing_of_what_waits_or_runs(at: Visit) -> Json:
    with at.busy() as running:
        waiting = _waiting(at, "waiting")
        told = {"running": at.asked("GET", f"/history/{running}"), "waiting": at.asked("GET", f"/history/{waiting}")}
        return told | {"among all": [held in at.get("/history").json() for held in (running, waiting)]}


@interaction()
def the_history_is_empty_for_an_unknown_id(at: Visit) -> Json:
    return at.asked("GET", "/history/unknown")


@interaction()
def the_history_is_in_order_of_completion_and_paged(at: Visit) -> Json:
    ids = [at.run(saved(at.chance(), at.called(f"prefix {n}")), label=f"prompt {n}").prompt_id for n in range(3)]
    everything = list(at.get("/history").json())
    count = len(everything)

    def some(**asked: int) -> Json:
        return at.plain([held for held in at.get("/history", **asked).json() if held in ids])

    return {
        "last three": at.plain(everything[-3:]),
        "newest two": some(max_items=2),
        "none": at.asked("GET", "/history?max_items=0"),
        "more than there are": len(at.get("/history", max_items=count + 5).json()) == count,
        "from the oldest": some(max_items=1, offset=count - 3),
        "offset alone": some(offset=count - 2),
        "past the end": some(max_items=2, offset=count),
        "negative offset": some(max_items=1, offset=-1),
        "negative items": some(max_items=-1),
        "offset nought": list(at.get("/history", max_items=2, offset=0).json()) == everything[:2],
    }


@interaction()
def the_history_forgets_what_it_is_told_to(at: Visit) -> Json:
    first, second = (at.run(saved(at.chance(), at.called(name)), label=name).prompt_id for name in ("a", "b"))
    deleted = at.asked("POST", "/history", json={"delete": [first, "unknown"]})
    left = [held in at.get("/history").json() for held in (first, second)]
    kept = at.asked("POST", "/history", json={"clear": False})
    still = second in at.get("/history").json()
    cleared = at.asked("POST", "/history", json={"clear": True})
    return {
        "deleted": deleted,
        "left": left,
        "kept": kept,
        "still": still,
        "cleared": cleared,
        "all": at.get("/history").json(),
    }


@interaction()
def the_history_does_not_take_files_along(at: Visit) -> Json:
    ran = at.run(saved(at.chance(), at.called("prefix")))
    at.post("/history", {"delete": [ran.prompt_id]})
    return at.told(at.get("/view", **ran.files("2")[0]))


@interaction()
def freeing_is_answered_at_once(at: Visit) -> Json:
    orders: tuple[dict[str, Json], ...] = ({}, {"unload_models": True}, {"free_memory": True}, {"free_memory": False})
    return [at.asked("POST", "/free", json=order) for order in orders]
