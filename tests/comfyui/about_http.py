"""Routes, methods, origins and bodies: how the server answers before it looks at what is asked."""

from __future__ import annotations

from tests.comfyui.graphs import saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json, kinds
from tests.comfyui.visit import Visit

READ_ONLY = (
    "/prompt",
    "/queue",
    "/history",
    "/history/nobody",
    "/object_info/EmptyImage",
    "/system_stats",
    "/embeddings",
    "/models",
    "/models/checkpoints",
    "/models/nowhere",
    "/users",
    "/userdata",
    "/settings",
    "/extensions",
    "/i18n",
    "/view",
    "/features",
    "/workflow_templates",
    "/view_metadata/checkpoints",
    "/experiment/models",
    "/internal/logs",
    "/api/jobs",
    "/jobs",
    "/api/api/jobs",
    "/global_subgraphs",
    "/v2/userdata",
    "/ws",
)


@interaction()
def the_queue_is_counted(at: Visit) -> Json:
    return at.asked("GET", "/prompt")


@interaction()
def every_route_exists_with_and_without_api(at: Visit) -> Json:
    return {path: [at.get(path).status_code, at.get("/api" + path).status_code] for path in READ_ONLY}


@interaction()
def an_unknown_path_is_not_found(at: Visit) -> Json:
    return {
        "GET": at.asked("GET", "/nothing-here"),
        "GET deeper": at.asked("GET", "/prompt/5"),
        "under /api": at.asked("GET", "/api/nothing-here"),
        "POST": at.asked("POST", "/nothing-here"),
    }


@interaction()
def a_wrong_method_is_refused(at: Visit) -> Json:
    asked = ("PUT /prompt", "DELETE /queue", "PUT /history", "POST /object_info", "POST /view", "DELETE /prompt")
    answers = {}
    for what in asked:
        method, path = what.split()
        answer = at.ask(method, path)
        allowed = sorted(part.strip() for part in answer.headers.get("allow", "").split(",") if part.strip())
        answers[what] = {**at.told(answer), "allowed": allowed}
    return answers


@interaction()
def interrupt_cannot_be_read(at: Visit) -> Json:
    return {path: at.asked("GET", path) for path in ("/interrupt", "/free", "/upload/image", "/api/interrupt")}


@interaction()
def head_is_answered_like_get_without_the_body(at: Visit) -> Json:
    answers = {}
    for path in ("/prompt", "/queue", "/system_stats", "/view"):
        answer = at.ask("HEAD", path)
        answers[path] = [answer.status_code, answer.headers.get("content-type"), answer.content.decode()]
    return answers | {"unknown": at.ask("HEAD", "/nothing-here").status_code}


@interaction()
def another_origin_is_refused_on_a_loopback_host(at: Visit) -> Json:
    port = at.url.rsplit(":", 1)[1]
    origins = {
        "another host": "http://evil.example",
        "another host with a port": f"http://evil.example:{port}",
        "the same host": f"http://127.0.0.1:{port}",
        "the same host without a port": "http://127.0.0.1",
        "the same host, another port": "http://127.0.0.1:1",
        "the same host over https": f"https://127.0.0.1:{port}",
        "localhost for 127.0.0.1": f"http://localhost:{port}",
        "null": "null",
        "empty": "",
    }
    return {name: at.asked("GET", "/prompt", headers={"Origin": origin}) for name, origin in origins.items()}


@interaction()
def another_origin_cannot_queue(at: Visit) -> Json:
    body = {"prompt": saved(at.chance(), at.called("prefix"))}
    answer = at.ask("POST", "/prompt", json=body, headers={"Origin": "https://evil.example"})
    return {"answer": at.told(answer), "left": at.asked("GET", "/prompt")}


@interaction()
def options_are_answered_everywhere(at: Visit) -> Json:
    return {path: at.asked("OPTIONS", path) for path in ("/prompt", "/api/prompt", "/nothing-here", "/view")}


@interaction()
def content_types_of_bodies_are_not_checked(at: Visit) -> Json:
    told = {}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "image/png", ""):
        answer = at.ask("POST", "/prompt", content='{"prompt": {}}', headers={"Content-Type": kind})
        told[kind] = at.told(answer)
    return told


@interaction()
def a_prompt_that_is_not_json_breaks_the_server(at: Visit) -> Json:
    bodies = {
        "broken": "{",
        "empty": "",
        "a word": "prompt",
        "a list": "[]",
        "a number": "5",
        "null": "null",
        "a text": '"prompt"',
    }
    return {name: at.asked("POST", "/prompt", content=body) for name, body in bodies.items()}


@interaction()
def broken_bodies_elsewhere(at: Visit) -> Json:
    paths = ("/queue", "/history", "/free", "/interrupt")
    bodies = {"broken": "{", "empty": "", "a list": "[]", "nothing asked": "{}"}
    return {
        path: {name: at.ask("POST", path, content=body).status_code for name, body in bodies.items()} for path in paths
    }


@interaction()
def a_server_error_is_plain_text(at: Visit) -> Json:
    return {path: at.asked("GET", path) for path in ("/history?max_items=many", "/history?offset=first")}


@interaction()
def a_socket_without_an_upgrade_is_refused(at: Visit) -> Json:
    answer = at.get("/ws")
    return {"status": answer.status_code, "type": answer.headers["content-type"], "starts": answer.text[:20]}


@interaction()
def the_system_is_described(at: Visit) -> Json:
    answer = at.get("/system_stats")
    told = answer.json()
    device = told["devices"][0]
    return {
        "status": answer.status_code,
        "system": kinds(told["system"]),
        "order": list(told["system"]),
        "devices": [sorted(device), len(told["devices"])],
        "numbers": all(isinstance(device[key], int) for key in device if "vram" in key),
    }


@interaction()
def the_features_are_told(at: Visit) -> Json:
    return at.asked("GET", "/features")


@interaction()
def a_compressed_answer_is_not_forced(at: Visit) -> Json:
    answer = at.ask("GET", "/object_info/EmptyImage", headers={"Accept-Encoding": "gzip"})
    return [answer.status_code, answer.headers.get("content-encoding")]
