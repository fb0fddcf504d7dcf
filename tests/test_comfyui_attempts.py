"""An attempt through ComfyUI is taken up where it was left, and ended where nobody wants it any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.generation.comfyui.errors import Interrupted
from app.generation.comfyui.painting import single_id
from app.generation.comfyui.wire import Wire
from app.generation.faults import BackendDown, BackendFailed
from app.generation.port import Attempt, Cancelled, Leaving
from support import leaks
from support.clock import VirtualClock
from support.servers.comfyui import ComfyUI
from support.servers.serving import Exchange, Server
from tests.easel import (
    STEP,
    Easel,
    Eye,
    asked,
    must,
    new_attempt,
    outcomes,
    photo,
    pixels,
    slow_server,
    somebody_else,
    to_the_end,
    until_steps,
)


@pytest.fixture(params=["0.8"])
def slow(request: pytest.FixtureRequest) -> Iterator[tuple[ComfyUI, VirtualClock]]:
    before = leaks.Traces.now()
    with slow_server(request.param) as made:
        yield made
    leaks.check(before)


def left_in_the_middle(server: ComfyUI, clock: VirtualClock, steps: int = 2, **changes: Any) -> Attempt:
    """A first life of the studio that closes while its attempt is at work."""
    attempt, eye = new_attempt(), Eye()
    with Easel(server) as easel:
        work = easel.at_work(eye, attempt, **changes)
        until_steps(clock, eye, steps)
        eye.stop(Leaving)
        with pytest.raises(Leaving):
            work.result()
    return replace(attempt, place=eye.places[0])


def interrupted_by(other: Wire, easel: Easel, clock: VirtualClock, attempt: Attempt) -> None:
    """A first try that somebody else's client ends at the server."""
    work = easel.at_work(Eye(), attempt)
    must(lambda: clock.sleepers)
    other.interrupt(attempt.id)
    with pytest.raises(Interrupted):
        work.result()


# Taken up again


def test_a_studio_that_leaves_lets_the_prompt_run(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock)
    assert server.running() == attempt.id
    assert asked(server, "/interrupt") == 0


def test_what_still_runs_is_waited_for_and_not_painted_twice(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock)
    with Easel(server) as easel:
        eye = Eye()
        painting = to_the_end(clock, easel.at_work(eye, attempt))
        assert eye.steps[-1] == (4, 4)
        assert outcomes(server) == ["success"]
        assert pixels(painting) == pixels(to_the_end(clock, easel.at_work(Eye())))


def test_what_was_finished_meanwhile_is_fetched(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock, steps=3, num_images=1)
    clock.advance(STEP)
    must(lambda: server.running() is None)
    with Easel(server) as easel:
        assert easel.paint(attempt=attempt).pictures
    assert outcomes(server) == ["success"]


def test_what_failed_meanwhile_has_failed(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    server.fails("full disk")
    attempt = left_in_the_middle(server, clock, steps=3)
    clock.advance(STEP)
    must(lambda: server.running() is None)
    with Easel(server) as easel, pytest.raises(BackendFailed, match="disk"):
        easel.paint(attempt=attempt)
    assert outcomes(server) == ["error"]


def test_what_waits_in_the_servers_queue_is_found_there(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    server.is_busy_with(steps=2)
    attempt, eye = new_attempt(), Eye()
    with Easel(server) as first:
        work = first.at_work(eye, attempt)
        must(server.pending)
        eye.stop(Leaving)
        with pytest.raises(Leaving):
            work.result()
    with Easel(server) as second:
        again = second.at_work(Eye(), replace(attempt, place=server.url))
        assert to_the_end(clock, again).pictures
    assert outcomes(server) == ["success", "success"]


def test_an_edit_is_taken_up_without_uploading_its_reference_again(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock, references=(photo("red"),))
    with Easel(server) as easel:
        assert to_the_end(clock, easel.at_work(Eye(), attempt, references=(photo("red"),))).pictures
    assert asked(server, "/upload/image") == 1


def test_what_the_server_does_not_know_is_submitted_under_the_same_id(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock)
    server.restarts()
    with Easel(server) as easel:
        assert to_the_end(clock, easel.at_work(Eye(), attempt)).pictures
    assert [prompt.prompt_id for prompt in server.prompts()] == [attempt.id, attempt.id]


def test_an_older_end_of_the_same_prompt_is_not_taken_for_this_one(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt, eye = new_attempt(), Eye()
    with Easel(server) as easel, somebody_else(server) as other:
        interrupted_by(other, easel, clock, attempt)
        again = easel.at_work(eye, replace(attempt, number=2, place=server.url))
        until_steps(clock, eye, 1)
        server.drops_sockets()  # from now on the history is asked, which knows the interrupted one
        must(lambda: asked(server, "/queue") >= 2)
        assert to_the_end(clock, again).pictures


def test_a_prompt_that_was_submitted_again_after_an_interrupt_is_taken_up_too(
    slow: tuple[ComfyUI, VirtualClock],
) -> None:
    server, clock = slow
    attempt, eye = new_attempt(), Eye()
    with Easel(server) as easel, somebody_else(server) as other:
        interrupted_by(other, easel, clock, attempt)
        attempt = replace(attempt, number=2, place=server.url)
        again = easel.at_work(eye, attempt)
        until_steps(clock, eye, 1)
        eye.stop(Leaving)
        with pytest.raises(Leaving):
            again.result()
    with Easel(server) as easel:
        assert to_the_end(clock, easel.at_work(Eye(), attempt)).pictures
    assert outcomes(server) == ["interrupted", "success"]


def test_a_place_that_is_no_longer_among_the_addresses_is_not_asked(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = replace(new_attempt(), place="http://127.0.0.1:1")
    with Easel(server) as easel:
        assert to_the_end(clock, easel.at_work(Eye(), attempt)).pictures


def test_pictures_that_were_painted_one_by_one_are_not_painted_again(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    server.fails("out of memory", times=1)
    attempt, eye = new_attempt(), Eye()
    with Easel(server) as easel:
        work = easel.at_work(eye, attempt, num_images=2)
        until_steps(clock, eye, 5)
        eye.stop(Leaving)
        with pytest.raises(Leaving):
            work.result()
    with Easel(server) as easel:
        again = easel.at_work(Eye(), replace(attempt, place=server.url), num_images=2)
        assert len(to_the_end(clock, again).pictures) == 2
    assert outcomes(server) == ["error", "success", "success"]


# Ended


@pytest.mark.parametrize("slow", ["0.3", "0.8"], indirect=True)
def test_a_cancelled_prompt_that_runs_is_interrupted_and_the_next_is_right(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    eye = Eye()
    with Easel(server) as easel:
        work = easel.at_work(eye)
        until_steps(clock, eye, 1)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result(timeout=5)
        assert (server.running(), server.pending(), outcomes(server)) == (None, [], ["interrupted"])
        assert to_the_end(clock, easel.at_work(Eye(), seed=9)).pictures


def test_a_cancelled_prompt_that_waits_is_taken_out_and_nobody_elses_is_touched(
    slow: tuple[ComfyUI, VirtualClock],
) -> None:
    server, _ = slow
    others = server.is_busy_with()
    eye = Eye()
    with Easel(server) as easel:
        work = easel.at_work(eye)
        must(server.pending)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result(timeout=5)
    assert (server.running(), server.pending()) == (others, [])
    assert outcomes(server) == ["running", "deleted"]
    assert asked(server, "/interrupt") == 0


def test_an_interrupt_that_was_lost_is_repeated() -> None:
    # "Running" for three seconds before its first node, and deaf until then.
    with slow_server() as (server, clock), Easel(server) as easel:
        server.begins_slowly(3)
        eye = Eye()
        work = easel.at_work(eye)
        must(server.running)
        eye.stop(Cancelled)
        must(lambda: asked(server, "/interrupt") >= 3)
        clock.advance(STEP)
        with pytest.raises(Cancelled):
            work.result(timeout=5)
        assert outcomes(server) == ["interrupted"]


def test_a_step_that_never_ends_is_ended_by_a_cancel(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    server.fails("hang")
    eye = Eye()
    with Easel(server) as easel:
        work = easel.at_work(eye)
        until_steps(clock, eye, 1)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result(timeout=5)
    assert outcomes(server) == ["interrupted"]


def test_a_cancel_reaches_the_picture_that_is_painted_alone(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    server.fails("out of memory", times=1)
    eye, attempt = Eye(), new_attempt()
    with Easel(server) as easel:
        work = easel.at_work(eye, attempt, num_images=2)
        until_steps(clock, eye, 1)
        assert server.running() == single_id(attempt, 0)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result(timeout=5)
    assert outcomes(server) == ["error", "interrupted"]


def test_a_cancel_before_anything_was_asked_asks_for_nothing(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, _ = slow
    eye = Eye()
    eye.stop(Cancelled)
    with Easel(server) as easel, pytest.raises(Cancelled):
        easel.paint(eye)
    assert server.prompts() == []


def test_a_cancelled_attempt_is_cancelled_even_when_its_server_has_gone(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    eye = Eye()
    with Easel(server) as easel:
        work = easel.at_work(eye)
        until_steps(clock, eye, 1)
        eye.stop(Cancelled)
        server.goes_down()
        with pytest.raises(Cancelled):
            work.result(timeout=5)


def test_an_attempt_of_an_earlier_life_is_ended_where_it_was_put(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock)
    with Easel(server) as easel:
        easel.backend.abandon(attempt)
    assert (server.running(), outcomes(server)) == (None, ["interrupted"])


def test_abandoning_what_was_never_placed_asks_nobody(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, _ = slow
    with Easel(server) as easel:
        easel.backend.abandon(new_attempt())
        easel.backend.abandon(new_attempt(place="http://127.0.0.1:1"))
    assert server.requests == []


def test_abandoning_at_a_server_that_is_down_is_told(slow: tuple[ComfyUI, VirtualClock]) -> None:
    server, clock = slow
    attempt = left_in_the_middle(server, clock)
    server.goes_down()
    with Easel(server) as easel, pytest.raises(BackendDown, match="cannot be reached"):
        easel.backend.abandon(attempt)


# Servers that are less than ComfyUI


class Bare:
    """A server of a few routes without WebSocket, which has done each prompt after some looks into its history.

    picture: what /view answers. left_out: how many outputs of each prompt it refuses, the last ones.
    """

    def __init__(
        self, picture: bytes, *, looks: int = 0, status: int = 200, html: bool = False, left_out: int = 0
    ) -> None:
        self.picture, self.looks, self.status, self.html, self.left_out = picture, looks, status, html, left_out
        self.paths: list[str] = []
        self.graph: dict[str, Any] = {}
        self.server = Server(self.serve)

    def serve(self, exchange: Exchange) -> None:
        self.paths.append(exchange.path)
        if self.html or self.status != 200:
            exchange.answer(self.status, {"Content-Type": "text/html"}, b"<h1>Welcome</h1>")
            return
        answers: dict[str, Callable[[Exchange], Any]] = {
            "object_info": self._object_info,
            "prompt": self._prompt,
            "history": self._history,
            "queue": lambda _: {"queue_running": [[0, self.prompt_id, {}, {}, []]], "queue_pending": []},
        }
        noun = exchange.path.split("/")[1]
        if noun == "view":
            exchange.answer(200, {}, self.picture)
        elif noun in answers:
            exchange.answer(200, {}, json.dumps(answers[noun](exchange)).encode())
        else:
            exchange.answer(404, {}, b"")

    def _object_info(self, exchange: Exchange) -> Any:
        name = exchange.path.rpartition("/")[2]
        return {name: {"input": {"required": {"ckpt_name": [["only.safetensors"], {}]}}}}

    def _prompt(self, exchange: Exchange) -> Any:
        body = json.loads(exchange.body())
        self.prompt_id, self.graph = body["prompt_id"], body["prompt"]
        error = {"type": "value_not_in_list", "message": "Value not in list", "details": "x", "extra_info": {}}
        refused = {node: {"errors": [error], "dependent_outputs": [node]} for node in self._outputs()[1]}
        return {"prompt_id": self.prompt_id, "number": 0, "node_errors": refused}

    def _outputs(self) -> tuple[list[str], list[str]]:
        """The outputs that are painted, and those that are left out."""
        saved = [node for node, inside in self.graph.items() if inside["class_type"] == "SaveImage"]
        painted = len(saved) - self.left_out
        return saved[:painted], saved[painted:]

    def _history(self, exchange: Exchange) -> Any:
        self.looks -= 1
        if self.looks >= 0:
            return {}
        image = {"filename": "x.png", "subfolder": "", "type": "output"}
        status = {"status_str": "success", "completed": True, "messages": []}
        outputs = {node: {"images": [image]} for node in self._outputs()[0]}
        return {self.prompt_id: {"prompt": [0, self.prompt_id], "outputs": outputs, "status": status}}


@pytest.fixture
def bare() -> Iterator[Callable[..., Bare]]:
    made: list[Bare] = []

    def make(*args: Any, **more: Any) -> Bare:
        made.append(Bare(*args, **more))
        return made[-1]

    yield make
    for one in made:
        one.server.close()


def test_where_no_socket_can_be_had_the_history_is_asked_until_the_end(bare: Callable[..., Bare]) -> None:
    server = bare(photo("red"), looks=4)
    with Easel(urls=[server.server.url]) as easel:
        eye = Eye()
        assert easel.paint(eye).pictures[0].image.getpixel((0, 0)) == (255, 0, 0)
    assert sum(path.startswith("/history") for path in server.paths) == 5
    assert eye.steps == [(4, 4)]


def test_a_picture_that_the_server_left_out_is_told_beside_those_that_it_painted(bare: Callable[..., Bare]) -> None:
    with Easel(urls=[bare(photo("red"), left_out=1).server.url]) as easel:
        painting = easel.paint(num_images=3)
    assert [picture.seed for picture in painting.pictures] == [7, 8]
    assert len(painting.warnings) == 1
    assert painting.warnings[0].startswith("picture 3 was not painted: SaveImage (")
    assert painting.warnings[0].endswith("): Value not in list: x")


def test_when_every_picture_is_left_out_the_attempt_fails_and_says_why(bare: Callable[..., Bare]) -> None:
    server = bare(photo("red"), left_out=2).server
    with Easel(urls=[server.url]) as easel, pytest.raises(BackendFailed, match="picture 1 was not painted: SaveImage"):
        easel.paint(num_images=2)


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (photo("red", (32, 64)), "painted 32×64 and not 64×64"),
        (b"<html>", "no picture"),
        (photo("red")[:60], "no picture"),
    ],
)
def test_a_picture_of_another_size_or_none_at_all_is_noticed(
    bare: Callable[..., Bare], picture: bytes, why: str
) -> None:
    with Easel(urls=[bare(picture).server.url]) as easel, pytest.raises(BackendFailed, match=why):
        easel.paint()


@pytest.mark.parametrize(
    ("status", "fault", "why"),
    [
        (502, BackendDown, r"failed \(502\)"),
        (429, BackendDown, r"failed \(429\)"),
        (401, BackendFailed, r"does not let the studio in \(401\)"),
        (404, BackendFailed, r"does not answer as ComfyUI does \(404\)"),
        (200, BackendFailed, "does not answer as ComfyUI does"),
    ],
)
def test_something_else_at_the_address_is_told_from_a_server_that_is_not_up(
    bare: Callable[..., Bare], status: int, fault: type[Exception], why: str
) -> None:
    with Easel(urls=[bare(b"", status=status, html=True).server.url]) as easel, pytest.raises(fault, match=why):
        easel.paint()


def test_a_studio_that_closes_leaves_what_could_not_be_stopped_to_the_next_start(
    slow: tuple[ComfyUI, VirtualClock],
) -> None:
    server, clock = slow
    server.fails("deaf")
    with Easel(server) as easel:
        eye, attempt = Eye(), new_attempt()
        future = easel.at_work(eye, attempt)
        must(lambda: server.running() == attempt.id and clock.sleepers)
        eye.stop(Cancelled)
        must(lambda: asked(server, "/interrupt"))
        easel.backend.leave()
        with pytest.raises(Leaving):
            future.result(5)
    assert outcomes(server) == ["running"]
