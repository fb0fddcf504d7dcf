"""The ComfyUI backend paints what it is asked for, against the double over HTTP, and tells failures apart."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from PIL import Image

from app.errors import InvalidInput
from app.generation.comfyui.errors import Interrupted, Lost, NoAnswer
from app.generation.comfyui.painting import single_id
from app.generation.comfyui.workflow import Parts, build
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory
from app.generation.port import Lora, Painting
from support import leaks, pictures
from support.servers.comfyui import ComfyUI
from tests.easel import (
    ASKED,
    STEP,
    Easel,
    Eye,
    asked,
    must,
    new_attempt,
    outcomes,
    photo,
    pixels,
    png,
    slow_server,
    somebody_else,
    to_the_end,
)

NEON = Lora("neon-city", 0.8)


@pytest.fixture
def server() -> Iterator[ComfyUI]:
    before = leaks.Traces.now()
    with ComfyUI() as made:
        yield made
    leaks.check(before)


@pytest.fixture
def easel(server: ComfyUI) -> Iterator[Easel]:
    with Easel(server) as made:
        yield made


def shape_and_colour(painting: Painting, number: int = 0) -> tuple[str, str]:
    return pictures.main_colour(png(painting, number)), pictures.main_shape(png(painting, number))


# What is painted


@pytest.mark.parametrize("profile", ["0.3", "0.8", "0.38"])
def test_a_server_of_any_version_paints_the_words_in_the_size_asked_for(profile: Any) -> None:
    with ComfyUI(profile=profile) as server, Easel(server) as easel:
        painting = easel.paint(width=96, height=64)
    assert painting.pictures[0].image.size == (96, 64)
    assert shape_and_colour(painting) == ("red", "circle")
    assert (painting.checkpoint, painting.warnings, painting.not_applied) == ("proofsheet.safetensors", (), ())


def test_picture_k_of_a_batch_is_the_single_picture_of_seed_plus_k(easel: Easel) -> None:
    batch = easel.paint(num_images=3, seed=41)
    assert [picture.seed for picture in batch.pictures] == [41, 42, 43]
    assert pixels(batch, 1) == pixels(easel.paint(seed=42))
    assert pixels(batch, 1) != pixels(batch, 2)


def test_the_same_request_gives_the_same_pixels_in_a_file_of_its_own(server: ComfyUI, easel: Easel) -> None:
    assert pixels(easel.paint()) == pixels(easel.paint())
    assert len(server.pictures()) == 2


def test_a_picture_whose_file_was_deleted_at_the_server_is_painted_again(server: ComfyUI, easel: Easel) -> None:
    first = pixels(easel.paint())
    for file in server.pictures():
        file.unlink()
    assert pixels(easel.paint()) == first


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"num_inference_steps": 5},
        {"guidance_scale": 7.0},
        {"scheduler": "UniPC"},
        {"scheduler": "DPMSolver++"},
        {"prompt": "a blue circle"},
        {"prompt_2": "on a black background"},
        {"loras": (NEON,)},
        {"loras": (replace(NEON, scale=-0.8),)},
        {"negative_prompt": "red", "true_cfg_scale": 4.0},
    ],
    ids=str,
)
def test_every_field_that_takes_effect_changes_the_picture(easel: Easel, changes: dict[str, Any]) -> None:
    assert pixels(easel.paint()) != pixels(easel.paint(**changes))


@pytest.mark.parametrize("changes", [{"loras": (replace(NEON, scale=0.0),)}, {"negative_prompt": "red"}], ids=str)
def test_what_has_no_effect_leaves_every_pixel_as_it_is(easel: Easel, changes: dict[str, Any]) -> None:
    assert pixels(easel.paint()) == pixels(easel.paint(**changes))


def test_another_checkpoint_paints_when_it_is_asked_for_by_its_short_name(server: ComfyUI, easel: Easel) -> None:
    server.has_checkpoint("proofsheet.safetensors", "dreams/other.safetensors")
    painting = easel.paint(checkpoint="other")
    assert painting.checkpoint == "dreams/other.safetensors"
    assert pixels(painting) != pixels(easel.paint())


def test_a_checkpoint_paints_over_the_first_reference_and_tells_of_the_others(easel: Easel) -> None:
    red = pictures.drawn("red", "square")
    painting = easel.paint(prompt="make it blue", references=(red, photo("green")))
    assert shape_and_colour(painting) == ("blue", "square")
    assert pictures.overlap(red, png(painting)) > 0.9
    assert [(one.name, "first of 2" in one.why) for one in painting.not_applied] == [("references", True)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_reference_of_every_kind_is_uploaded(server: ComfyUI, easel: Easel, kind: str) -> None:
    easel.paint(references=(photo("red", kind=kind),))
    assert asked(server, "/upload/image") == 1


def test_kontext_edits_with_the_parts_that_the_server_has(server: ComfyUI) -> None:
    red = pictures.drawn("red", "circle")
    with Easel(server, workflow="kontext") as easel:
        painting = easel.paint(prompt="make it blue", references=(red,), width=96, height=96)
    assert shape_and_colour(painting) == ("blue", "circle")
    assert painting.checkpoint == "flux1-kontext-dev.safetensors"
    assert "ReferenceLatent" in {node["class_type"] for node in server.prompts()[0].graph.values()}


def test_a_photo_that_lies_on_its_side_is_measured_as_it_is_looked_at(server: ComfyUI) -> None:
    file = io.BytesIO()
    image = Image.new("RGB", (128, 64), "red")
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(file, "JPEG", exif=exif)
    with Easel(server, workflow="kontext") as easel:
        easel.paint(references=(file.getvalue(),))
    scaled = next(node for node in server.prompts()[0].graph.values() if node["class_type"] == "ImageScale")
    assert scaled["inputs"]["height"] > scaled["inputs"]["width"]


# How it goes


def test_progress_is_told_step_by_step_strictly_rising_over_all_pictures(easel: Easel) -> None:
    eye = Eye()
    easel.paint(eye, num_images=2)
    assert eye.steps == [(step, 8) for step in range(1, 9)]


def test_what_the_server_had_painted_before_is_told_as_done(easel: Easel) -> None:
    easel.paint()
    again, more = Eye(), Eye()
    easel.paint(again)
    easel.paint(more, num_images=2)
    assert again.steps == [(4, 4)]
    assert more.steps == [(step, 8) for step in range(5, 9)]


def test_previews_are_pictures_and_come_with_their_steps(easel: Easel) -> None:
    eye = Eye(previews=True)
    easel.paint(eye)
    assert eye.steps == [(step, 4) for step in range(1, 5)]
    assert len(eye.previews) == 4
    assert all(Image.open(io.BytesIO(preview)).format in ("JPEG", "PNG") for preview in eye.previews)


def test_without_a_wish_for_previews_the_server_makes_none(server: ComfyUI, easel: Easel) -> None:
    eye = Eye()
    easel.paint(eye)
    prompt = next(seen for seen in server.requests if seen.method == "POST" and seen.path == "/prompt")
    assert b'"preview_method":"none"' in prompt.body
    assert eye.previews == []


def test_the_studio_listens_before_it_asks_and_the_place_is_written_down_before(server: ComfyUI, easel: Easel) -> None:
    eye = Eye()
    easel.paint(eye)
    paths = [seen.path for seen in server.requests]
    assert paths.index("/ws") < paths.index("/prompt")
    assert eye.places == [server.url]


def test_while_the_socket_tells_nothing_is_asked(server: ComfyUI, easel: Easel) -> None:
    easel.paint()
    before = len(server.requests)
    easel.paint(seed=8)
    assert [seen.path for seen in server.requests[before:]] == ["/ws", "/prompt", "/view"]


def test_a_prompt_carries_the_attempts_own_id(server: ComfyUI, easel: Easel) -> None:
    attempt = new_attempt()
    easel.paint(attempt=attempt)
    assert [(prompt.prompt_id, prompt.client_id) for prompt in server.prompts()] == [(attempt.id, attempt.id)]


# What is refused before anything is queued


@pytest.mark.parametrize(
    ("changes", "why", "field"),
    [
        ({"checkpoint": "ghost"}, "checkpoint ghost is not on this backend; it has proofsheet", "checkpoint"),
        ({"loras": (Lora("ghost"),)}, "LoRA ghost is not on this backend; it has neon-city", "loras"),
    ],
)
def test_what_the_server_lacks_is_refused_before_it_is_queued(
    server: ComfyUI, easel: Easel, changes: dict[str, Any], why: str, field: str
) -> None:
    eye = Eye()
    with pytest.raises(InvalidInput, match=why) as refused:
        easel.paint(eye, references=(photo("red"),), **changes)
    assert refused.value.field == field
    assert (server.prompts(), asked(server, "/upload/image"), eye.places) == ([], 0, [])


def test_a_lora_that_came_later_is_found(server: ComfyUI, easel: Easel) -> None:
    easel.paint(loras=(NEON,))
    server.has_lora("neon-city.safetensors", "brand-new.safetensors")
    assert easel.paint(loras=(Lora("brand-new"),)).pictures


def test_a_checkpoint_that_went_away_is_refused_with_those_that_are_left(server: ComfyUI, easel: Easel) -> None:
    server.has_checkpoint("old.safetensors", "new.safetensors")
    easel.paint(checkpoint="old")
    server.has_checkpoint("new.safetensors")
    with pytest.raises(InvalidInput, match=r"checkpoint old\.safetensors is not on this backend; it has new"):
        easel.paint(checkpoint="old")


def test_a_server_without_checkpoints_is_the_backends_fault(server: ComfyUI, easel: Easel) -> None:
    server.fails("unknown model")
    with pytest.raises(BackendFailed, match="this backend has no checkpoint"):
        easel.paint()


# What goes wrong


def test_a_node_that_breaks_fails_the_attempt_with_its_name_and_no_traceback(server: ComfyUI, easel: Easel) -> None:
    server.fails("node error", times=1)
    with pytest.raises(BackendFailed, match=r"^KSampler \(\d+\) failed: mat1 and mat2 shapes[^\n]*$") as failed:
        easel.paint()
    assert failed.value.node is not None
    assert failed.value.node.startswith("KSampler (")
    assert easel.paint().pictures


def test_a_full_disk_is_called_so(server: ComfyUI, easel: Easel) -> None:
    server.fails("full disk")
    with pytest.raises(BackendFailed, match=r"SaveImage \(\d+\) failed: the disk of the server http://\S+ is full"):
        easel.paint()


def test_one_picture_too_large_for_the_memory_is_not_tried_again(server: ComfyUI, easel: Easel) -> None:
    server.has_memory_for(64 * 64)
    with pytest.raises(OutOfMemory, match="memory"):
        easel.paint(width=128)
    must(lambda: outcomes(server) == ["error"])
    assert easel.paint().pictures


def test_pictures_too_large_together_are_painted_one_by_one(server: ComfyUI, easel: Easel) -> None:
    server.has_memory_for(2 * 64 * 64)
    eye, attempt = Eye(), new_attempt()
    painting = easel.paint(eye, attempt=attempt, num_images=3, seed=41)
    server.has_memory_for(3 * 64 * 64)
    singles = [single_id(attempt, number) for number in range(3)]
    assert [prompt.prompt_id for prompt in server.prompts()] == [attempt.id, *singles]
    assert [picture.seed for picture in painting.pictures] == [41, 42, 43]
    whole = easel.paint(num_images=3, seed=41)
    assert [pixels(painting, number) for number in range(3)] == [pixels(whole, number) for number in range(3)]
    assert [step for step, _ in eye.steps] == sorted({step for step, _ in eye.steps})
    assert eye.steps[-1] == (12, 12)
    assert "one by one" in painting.warnings[0]


def test_when_even_one_picture_is_too_large_the_rest_is_not_tried(server: ComfyUI, easel: Easel) -> None:
    server.has_memory_for(32 * 32)
    with pytest.raises(OutOfMemory):
        easel.paint(num_images=3)
    must(lambda: outcomes(server) == ["error", "error"])


def test_a_refused_workflow_fails_and_a_server_that_stumbles_over_it_may_do_better(
    server: ComfyUI, easel: Easel
) -> None:
    server.fails("refuses", times=1, status=400)
    with pytest.raises(BackendFailed, match="refused"):
        easel.paint()
    server.fails("refuses", times=1, status=500)
    with pytest.raises(BackendDown, match=r"failed \(500\)"):
        easel.paint()
    assert easel.paint().pictures


def test_a_server_that_is_down_is_a_passing_fault_that_names_it(server: ComfyUI, easel: Easel) -> None:
    server.goes_down()
    eye = Eye()
    with pytest.raises(NoAnswer, match=f"the server {server.url} cannot be reached"):
        easel.paint(eye)
    assert eye.places == []
    server.comes_back()
    assert easel.paint().pictures


def test_a_server_that_restarts_in_mid_prompt_is_asked_again_at_once_under_the_same_id(
    server: ComfyUI, easel: Easel
) -> None:
    server.fails("restart", times=1)
    attempt = new_attempt()
    with pytest.raises(BackendDown) as lost:
        easel.paint(attempt=attempt)
    again = replace(attempt, number=2, place=server.url)
    assert easel.paint(attempt=again).pictures
    assert isinstance(lost.value, Lost | NoAnswer)
    assert outcomes(server) == ["lost", "success"]


def test_a_line_that_breaks_in_mid_prompt_changes_nothing(server: ComfyUI, easel: Easel) -> None:
    whole = pixels(easel.paint(seed=9))
    server.fails("dropped sockets", times=1)
    eye = Eye()
    painting = easel.paint(eye, prompt="a red circle  ")
    assert outcomes(server) == ["success", "success"]
    assert eye.steps[-1] == (4, 4)
    assert [step for step, _ in eye.steps] == sorted({step for step, _ in eye.steps})
    assert pixels(painting) != whole


def test_what_somebody_else_interrupted_is_painted_at_the_next_attempt() -> None:
    with slow_server() as (slow, clock), Easel(slow) as easel, somebody_else(slow) as other:
        attempt = new_attempt()
        work = easel.at_work(Eye(), attempt)
        must(lambda: clock.sleepers)
        other.interrupt(attempt.id)
        with pytest.raises(Interrupted) as stopped:
            work.result()
        assert stopped.value.wait_seconds == 0
        again = easel.at_work(Eye(), replace(attempt, number=2, place=slow.url))
        assert to_the_end(clock, again).pictures
        assert outcomes(slow) == ["interrupted", "success"]


def test_what_somebody_else_took_out_of_the_queue_is_noticed() -> None:
    with slow_server() as (slow, _), Easel(slow) as easel, somebody_else(slow) as other:
        slow.is_busy_with(steps=3)
        attempt = new_attempt()
        work = easel.at_work(Eye(), attempt)
        must(slow.pending)
        other.delete([attempt.id])
        with pytest.raises(Lost) as lost:
            work.result()
        assert lost.value.wait_seconds == 0


def test_what_is_told_of_somebody_elses_prompt_is_not_taken_for_ours() -> None:
    theirs = build(replace(ASKED, seed=99), Parts("proofsheet.safetensors"), prefix="theirs")
    eye = Eye(previews=True)
    with slow_server() as (slow, clock), Easel(slow) as easel:
        # Without a client's name: its progress and its previews are told to everybody who listens.
        message = {"prompt": theirs.graph, "extra_data": {"preview_method": "auto"}}
        httpx.post(f"{slow.url}/prompt", json=message, trust_env=False).raise_for_status()
        work = easel.at_work(eye)
        must(slow.pending)
        for _ in range(3):
            must(lambda: clock.sleepers)
            clock.advance(STEP)
        must(lambda: clock.sleepers)
        assert eye.steps == []
        to_the_end(clock, work)
    assert eye.steps == [(step, 4) for step in range(1, 5)]
    assert len(eye.previews) == 4


def test_an_attempt_that_waits_behind_somebody_else_looks_at_the_watch_all_the_time() -> None:
    class Counting(Eye):
        checks = 0

        def check(self) -> None:
            self.checks += 1
            super().check()

    with slow_server() as (slow, clock), Easel(slow) as easel:
        slow.is_busy_with(steps=1)
        eye = Counting()
        work = easel.at_work(eye)
        must(slow.pending)
        before = eye.checks
        threading.Event().wait(0.5)
        assert eye.checks - before >= 5
        to_the_end(clock, work)


def test_the_password_of_a_server_is_in_no_message_and_no_detail(server: ComfyUI) -> None:
    address = server.url.replace("://", "://ann:secret@")
    with Easel(urls=[address]) as easel:
        eye = Eye()
        assert easel.paint(eye).pictures
        assert eye.places == [server.url]
        server.goes_down()
        with pytest.raises(BackendDown) as down:
            easel.paint()
        told = f"{down.value.message} {easel.backend.condition()} {easel.backend.details()}"
        assert "secret" not in told
        assert server.url in told


def test_a_hundred_jobs_are_neither_lost_nor_mixed(easel: Easel) -> None:
    colours = ["red", "green", "blue", "yellow"]
    works = [
        (colour, easel.at_work(Eye(), prompt=f"a {colour} square", seed=number, num_inference_steps=1))
        for number in range(25)
        for colour in colours
    ]
    assert all(shape_and_colour(work.result(60)) == (colour, "square") for colour, work in works)
