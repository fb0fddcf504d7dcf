"""Several ComfyUI servers share the work; one that is down is passed over, told of, and asked again later."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.clock import SystemClock
from app.errors import Unavailable
from app.generation.backends import build_backend
from app.generation.comfyui.backend import ComfyUIBackend
from app.generation.comfyui.errors import NoAnswer
from app.generation.faults import BackendDown, OutOfMemory
from app.generation.port import Cancelled
from app.settings import Settings
from support import leaks
from support.clock import VirtualClock
from support.servers.comfyui import ComfyUI
from tests.easel import Easel, Eye, asked, move_on, must, new_attempt, outcomes, slow_server, to_the_end


@pytest.fixture
def two() -> Iterator[tuple[ComfyUI, ComfyUI]]:
    before = leaks.Traces.now()
    with ComfyUI() as first, ComfyUI() as second:
        yield first, second
    leaks.check(before)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as made:
        yield made


@pytest.fixture
def deaf(listening: socket.socket) -> str:
    """An address where connections are taken and nothing is ever answered."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_there_are_as_many_places_as_servers_each_counted_once(two: tuple[ComfyUI, ComfyUI]) -> None:
    first, second = two
    with Easel(first, second, urls=[first.url + "/"]) as easel:
        assert easel.backend.places == 2


def test_nothing_is_connected_before_there_is_something_to_ask(two: tuple[ComfyUI, ComfyUI]) -> None:
    first, _ = two
    with Easel(first):
        assert first.requests == []


@pytest.mark.parametrize("urls", [[], ["ftp://a"]])
def test_a_backend_without_a_usable_address_is_refused_at_the_start(urls: list[str]) -> None:
    with pytest.raises(Unavailable):
        Easel(urls=urls)


def test_the_settings_make_the_backend(two: tuple[ComfyUI, ComfyUI]) -> None:
    settings = Settings.exactly(backend="comfyui", comfyui_urls=[server.url for server in two])
    backend = build_backend(settings, SystemClock())
    try:
        assert isinstance(backend, ComfyUIBackend)
        assert (backend.name, backend.places) == ("comfyui", 2)
        assert {"seeds", "sizes", "batches", "references"} <= backend.offers
    finally:
        backend.close()


def test_the_least_busy_server_paints(two: tuple[ComfyUI, ComfyUI]) -> None:
    _, idle = two
    with slow_server() as (busy, _), Easel(busy, idle) as easel:
        busy.is_busy_with()
        for seed in range(3):
            easel.paint(seed=seed)
        assert outcomes(idle) == ["success"] * 3


def test_two_attempts_at_once_go_to_two_servers_and_a_third_waits() -> None:
    with slow_server() as (first, clock), slow_server() as (second, other), Easel(first, second) as easel:
        works = [easel.at_work(Eye(), seed=seed) for seed in range(3)]
        must(lambda: first.running() and second.running())
        assert (len(first.prompts()), len(second.prompts())) == (1, 1)

        def ended() -> bool:
            move_on(clock, other)
            return all(work.done() for work in works)

        must(ended)
        assert all(work.result().pictures for work in works)


def test_whoever_waits_for_a_server_can_be_stopped() -> None:
    with slow_server() as (server, clock), Easel(server) as easel:
        work = easel.at_work(Eye())
        must(server.running)
        eye = Eye()
        waiting = easel.at_work(eye, seed=8)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            waiting.result(timeout=2)
        assert to_the_end(clock, work).pictures
        assert len(server.prompts()) == 1


def test_a_server_that_is_down_is_passed_over(two: tuple[ComfyUI, ComfyUI]) -> None:
    down, sound = two
    down.goes_down()
    with Easel(down, sound) as easel:
        assert easel.paint().pictures
    assert outcomes(sound) == ["success"]


def test_a_server_that_failed_is_left_out_for_half_a_minute_and_then_asked_again(two: tuple[ComfyUI, ComfyUI]) -> None:
    shaky, sound = two
    clock = VirtualClock()
    with Easel(shaky, sound, clock=clock) as easel:
        shaky.goes_down()
        easel.paint()
        shaky.comes_back()
        easel.paint(seed=8)
        assert asked(shaky, "/prompt") == 0
        clock.advance(timedelta(seconds=31))
        easel.paint(seed=9)
        assert asked(shaky, "/prompt") > 0


def test_the_only_server_is_asked_however_often_it_failed(two: tuple[ComfyUI, ComfyUI]) -> None:
    server, _ = two
    with Easel(server, clock=VirtualClock()) as easel:
        server.goes_down()
        for _ in range(2):
            with pytest.raises(NoAnswer):
                easel.paint()
        server.comes_back()
        assert easel.paint().pictures


def test_when_all_are_down_all_are_named(two: tuple[ComfyUI, ComfyUI]) -> None:
    for server in two:
        server.goes_down()
    with Easel(*two) as easel, pytest.raises(BackendDown, match=f"{two[0].url}, {two[1].url} do not answer"):
        easel.paint()


def test_an_attempt_stays_with_its_server_once_and_leaves_it_when_it_is_silent_again(
    two: tuple[ComfyUI, ComfyUI],
) -> None:
    gone, sound = two
    gone.goes_down()
    attempt = new_attempt(place=gone.url)
    with Easel(gone, sound) as easel:
        with pytest.raises(NoAnswer):
            easel.paint(attempt=attempt)
        assert easel.paint(attempt=replace(attempt, number=2)).pictures
    assert outcomes(sound) == ["success"]


def test_how_the_servers_are_is_told_in_one_word_and_a_sentence(two: tuple[ComfyUI, ComfyUI]) -> None:
    first, second = two

    def told(down: list[ComfyUI]) -> tuple[str, str]:
        for server in down:
            server.goes_down()
        with Easel(first, second) as easel:
            condition = easel.backend.condition()
        for server in down:
            server.comes_back()
        return condition.name, condition.why

    assert told([]) == ("ready", "")
    assert told([first]) == ("degraded", f"the server {first.url} does not answer")
    assert told([first, second]) == ("failed", f"the servers {first.url}, {second.url} do not answer")


def test_a_server_that_comes_back_is_ready_within_a_second(two: tuple[ComfyUI, ComfyUI]) -> None:
    server, _ = two
    with Easel(server) as easel:
        server.goes_down()
        assert easel.backend.condition().name == "failed"
        server.comes_back()
        must(lambda: easel.backend.condition().name == "ready", within=timedelta(seconds=5))


def test_a_silent_server_does_not_hold_up_whoever_asks_how_it_is(deaf: str) -> None:
    with Easel(urls=[deaf]) as easel:
        condition = easel.backend.condition()  # before the server's own time limit, as what it says shows
        assert (condition.name, condition.why) == ("degraded", f"the server {deaf} has not answered yet")
        must(lambda: easel.backend.condition().name == "failed", within=timedelta(seconds=4))
        assert easel.backend.condition().why == f"the server {deaf} does not answer"


def test_a_silent_server_is_asked_once_at_a_time_however_often_somebody_wonders(
    deaf: str, listening: socket.socket
) -> None:
    with Easel(urls=[deaf]) as easel:
        for _ in range(3):
            easel.backend.condition()
    listening.settimeout(0.05)
    listening.accept()[0].close()
    with pytest.raises(TimeoutError):
        listening.accept()


def test_the_backend_is_degraded_after_an_out_of_memory_until_a_picture_succeeds(
    two: tuple[ComfyUI, ComfyUI],
) -> None:
    server, _ = two
    server.fails("out of memory", times=1)
    with Easel(server) as easel:
        with pytest.raises(OutOfMemory):
            easel.paint()
        condition = easel.backend.condition()
        assert (condition.name, condition.why[:13]) == ("degraded", "out of memory")
        easel.paint()
        assert easel.backend.condition().name == "ready"


def test_the_details_name_servers_checkpoints_and_loras(two: tuple[ComfyUI, ComfyUI]) -> None:
    first, second = two
    second.has_checkpoint("other.safetensors")
    with Easel(first, second) as easel:
        details = easel.backend.details()
    assert details["checkpoints"] == ["other.safetensors", "proofsheet.safetensors"]
    assert details["loras"] == ["neon-city.safetensors", "soft-light.safetensors"]
    servers = details["servers"]
    assert isinstance(servers, list)
    assert [server["state"] for server in servers] == ["ready", "ready"]
    assert {"url": first.url, "queue": 0} == {name: servers[0][name] for name in ("url", "queue")}
    assert servers[0]["version"].startswith("0.8")


def test_the_details_show_a_server_that_is_down_and_what_the_others_have(two: tuple[ComfyUI, ComfyUI]) -> None:
    down, sound = two
    down.goes_down()
    with Easel(down, sound) as easel:
        details = easel.backend.details()
    servers = details["servers"]
    assert isinstance(servers, list)
    assert [server["state"] for server in servers] == ["does not answer", "ready"]
    assert details["checkpoints"] == ["proofsheet.safetensors"]
