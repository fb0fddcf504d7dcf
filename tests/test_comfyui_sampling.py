"""The painter and the sampling nodes of the ComfyUI double: deterministic, and every effective input is visible."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from support import pictures
from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes.material import chance_of
from support.servers.comfyui.nodes.painting import SHAPES, Wish, painted, recoloured, words
from support.servers.comfyui.nodes.registry import Context, Interrupted, OutOfMemoryError, type_name
from tests.comfyui_graphs import CHECKPOINT, Graph, picture, ran, text_to_image, with_lora

COLOURS = tuple(pictures.COLOURS)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def context(folders: Folders) -> Context:
    return Context(folders)


# The painter


@pytest.mark.parametrize(
    ("size", "colours"), [((64, 64), COLOURS), ((128, 256), COLOURS), ((1024, 1024), ("cyan", "white"))]
)
def test_every_colour_and_shape_word_is_seen(size: tuple[int, int], colours: tuple[str, ...]) -> None:
    for colour, shape in product(colours, SHAPES):
        made = pictures.as_file(painted(Wish(f"a {colour} {shape}", "", size, chance_of((colour, shape)))), "BMP")
        assert (pictures.main_colour(made), pictures.main_shape(made)) == (colour, shape)


@pytest.mark.parametrize("behind", ["blue", "white", "black", "pink"])
def test_a_named_background_is_seen(behind: str) -> None:
    made = pictures.as_file(
        painted(Wish(f"a green square on a {behind} background", "", (64, 64), chance_of(1))), "BMP"
    )
    assert (pictures.background_colour(made), pictures.main_colour(made)) == (behind, "green")


@pytest.mark.parametrize("behind", ["white", "black", "yellow"])
@pytest.mark.parametrize(
    ("size", "colours"), [((64, 64), COLOURS), ((256, 256), ("green", "white")), ((512, 256), ("blue",))]
)
def test_recolouring_leaves_the_subject_in_its_place(
    behind: str, size: tuple[int, int], colours: tuple[str, ...]
) -> None:
    for before, shape, after in product(("red", "blue"), SHAPES, colours):
        reference = pictures.drawn(before, shape, background=behind, size=size)
        wish = Wish(f"make it {after}", "", size, chance_of((before, shape)))
        made = pictures.as_file(recoloured(pictures.decode(reference).image, wish), "BMP")
        assert pictures.overlap(reference, made) >= 0.9
        assert (pictures.main_colour(made), pictures.main_shape(made)) == (after, shape)


def test_a_wish_without_a_colour_keeps_the_subjects() -> None:
    reference = pictures.drawn("purple", "square")
    made = recoloured(pictures.decode(reference).image, Wish("at dawn", "", (64, 64), chance_of(1)))
    assert pictures.main_colour(pictures.as_file(made)) == "purple"


@given(text=st.text(), avoided=st.text())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_painted_in_the_asked_size(text: str, avoided: str) -> None:
    assert painted(Wish(text, avoided, (72, 64), chance_of((text, avoided)))).size == (72, 64)


def test_words_are_whole_ones() -> None:
    assert words("Scarlet balls, redden the greenhouse; GRAY boxes") == ["red", "circle", "grey", "square"]


# With a checkpoint


def test_the_same_graph_gives_the_same_bytes(context: Context) -> None:
    assert picture(context, text_to_image()) == picture(context, text_to_image())


def test_every_effective_input_changes_the_pixels(context: Context) -> None:
    context.folders.models["checkpoints"].append("other.safetensors")
    other = text_to_image()
    other["model"] = ("CheckpointLoaderSimple", {"ckpt_name": "other.safetensors"})
    made = [
        text_to_image(), other,
        text_to_image("a red circle!"), text_to_image(negative="fog"), text_to_image(seed=2), text_to_image(steps=4),
        text_to_image(cfg=4.1), text_to_image(sampler_name="heun"), text_to_image(scheduler="karras"),
        text_to_image(denoise=0.9), text_to_image(width=72),
        with_lora(text_to_image(), "neon-city.safetensors", 1.0, 0.0),
        with_lora(text_to_image(), "neon-city.safetensors", 0.5, 0.0),
        with_lora(text_to_image(), "neon-city.safetensors", 0.0, 1.0),
        with_lora(text_to_image(), "soft-light.safetensors", 1.0, 0.0),
    ]  # fmt: skip
    for one, another in combinations([picture(context, graph) for graph in made], 2):
        assert pictures.differs_from(one, another)


def test_a_lora_of_strength_nought_changes_nothing(context: Context) -> None:
    off = with_lora(text_to_image(), "neon-city.safetensors", 0.0, 0.0)
    assert picture(context, off) == picture(context, text_to_image())


def test_at_a_cfg_of_one_the_negative_text_has_no_effect(context: Context) -> None:
    made = {picture(context, text_to_image(cfg=1.0, negative=text)) for text in ("", "red", "fog")}
    assert len(made) == 1


@pytest.mark.parametrize("colour", ["red", "green", "white"])
def test_above_a_cfg_of_one_the_negative_colour_is_not_painted(context: Context, colour: str) -> None:
    made = picture(context, text_to_image(f"a {colour} circle", colour, cfg=2.0))
    assert colour not in (pictures.main_colour(made), pictures.background_colour(made))


@given(seeds=st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=6, unique=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_seeds_never_share_a_picture(seeds: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    context = Context(Folders(tmp_path_factory.getbasetemp()))
    assert len({picture(context, text_to_image(seed=seed)) for seed in seeds}) == len(seeds)


def test_the_pictures_of_a_batch_differ_and_begin_with_the_single_one(context: Context) -> None:
    batch = ran(context, text_to_image(batch_size=3), "picture")
    assert len({image.tobytes() for image in batch}) == 3
    assert batch[0].tobytes() == ran(context, text_to_image(), "picture")[0].tobytes()


def test_one_of_a_batch_keeps_the_noise_it_has_in_the_whole(context: Context) -> None:
    graph = text_to_image(batch_size=3)
    graph["third"] = ("LatentFromBatch", {"samples": ["latent", 0], "batch_index": 2, "length": 1})
    graph["alone"] = ("KSampler", {**graph["sampled"][1], "latent_image": ["third", 0]})
    whole, alone = ran(context, graph, "sampled"), ran(context, graph, "alone")
    assert [image.tobytes() for image in alone.pictures] == [whole.pictures[2].tobytes()]


def edited(reference: bytes, folders: Folders, prompt: str, size: tuple[int, int]) -> Graph:
    """The reference beside an empty latent, as Kontext has it."""
    (folders.input / "reference.png").write_bytes(reference)
    graph = text_to_image(prompt, width=size[0], height=size[1], cfg=1.0)
    graph["file"] = ("LoadImage", {"image": "reference.png"})
    graph["scaled"] = ("FluxKontextImageScale", {"image": ["file", 0]})
    graph["encoded"] = ("VAEEncode", {"pixels": ["scaled", 0], "vae": ["model", 2]})
    graph["with"] = ("ReferenceLatent", {"conditioning": ["+", 0], "latent": ["encoded", 0]})
    graph["guided"] = ("FluxGuidance", {"conditioning": ["with", 0], "guidance": 2.5})
    graph["none"] = ("ConditioningZeroOut", {"conditioning": ["+", 0]})
    links = {"positive": ["guided", 0], "negative": ["none", 0]}
    graph["sampled"] = ("KSampler", {**graph["sampled"][1], **links})
    return graph


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("side", [64, 256])
def test_an_edit_recolours_the_reference_in_place(context: Context, shape: str, side: int) -> None:
    reference = pictures.drawn("red", shape, size=(side, side))
    made = picture(context, edited(reference, context.folders, "make it blue", (side, side)))
    assert (pictures.main_colour(made), pictures.main_shape(made)) == ("blue", shape)
    assert pictures.overlap(reference, made) >= 0.9


def test_another_reference_or_guidance_gives_other_pixels(context: Context) -> None:
    graph = edited(pictures.drawn("red", "circle"), context.folders, "at dawn", (64, 64))
    first = picture(context, graph)
    graph["guided"] = ("FluxGuidance", {"conditioning": ["with", 0], "guidance": 2.6})
    second = picture(context, graph)
    third = picture(context, edited(pictures.drawn("red", "square"), context.folders, "at dawn", (64, 64)))
    assert len({first, second, third}) == 3


def test_image_to_image_recolours_in_place_below_a_denoise_of_one(context: Context) -> None:
    reference = pictures.drawn("red", "triangle")
    graph = edited(reference, context.folders, "a green one", (64, 64))
    graph["encoded"] = ("VAEEncode", {"pixels": ["file", 0], "vae": ["model", 2]})
    links = {"latent_image": ["encoded", 0], "positive": ["+", 0], "denoise": 0.7}
    graph["sampled"] = ("KSampler", {**graph["sampled"][1], **links})
    made = picture(context, graph)
    assert (pictures.main_colour(made), pictures.overlap(reference, made) >= 0.9) == ("green", True)
    graph["sampled"] = ("KSampler", {**graph["sampled"][1], "denoise": 0.0})
    assert pictures.same_pixels(picture(context, graph), reference)


def test_outside_the_mask_a_picture_stays_as_it_is(context: Context) -> None:
    graph = edited(pictures.drawn("red", "square", size=(64, 64)), context.folders, "make it blue", (64, 64))
    graph["encoded"] = ("VAEEncode", {"pixels": ["file", 0], "vae": ["model", 2]})
    graph["mask"] = ("SolidMask", {"value": 0.0, "width": 64, "height": 64})
    graph["masked"] = ("SetLatentNoiseMask", {"samples": ["encoded", 0], "mask": ["mask", 0]})
    links = {"latent_image": ["masked", 0], "positive": ["+", 0], "denoise": 0.7}
    graph["sampled"] = ("KSampler", {**graph["sampled"][1], **links})
    assert pictures.main_colour(picture(context, graph)) == "red"


def test_the_sampler_in_pieces_paints_too(context: Context) -> None:
    graph = text_to_image("a pink square")
    graph["noise"] = ("RandomNoise", {"noise_seed": 3})
    graph["guider"] = ("BasicGuider", {"model": ["model", 0], "conditioning": ["+", 0]})
    graph["sampler"] = ("KSamplerSelect", {"sampler_name": "euler"})
    graph["sigmas"] = ("BasicScheduler", {"model": ["model", 0], "scheduler": "simple", "steps": 4, "denoise": 1.0})
    pieces = {name: [name, 0] for name in ("noise", "guider", "sampler", "sigmas")}
    graph["sampled"] = ("SamplerCustomAdvanced", {**pieces, "latent_image": ["latent", 0]})
    made = picture(context, graph)
    assert (pictures.main_colour(made), pictures.main_shape(made)) == ("pink", "square")


def test_two_texts_for_two_encoders_both_count(context: Context) -> None:
    made = set()
    for clip_l, t5xxl in (("a red circle", ""), ("", "a red circle"), ("a red circle", "at dawn")):
        graph = text_to_image()
        inputs = {"clip": ["model", 1], "clip_l": clip_l, "t5xxl": t5xxl, "guidance": 3.5}
        graph["+"] = ("CLIPTextEncodeFlux", inputs)
        made.add(picture(context, graph))
        assert pictures.main_colour(picture(context, graph)) == "red"
    assert len(made) == 3


def test_another_vae_shows(context: Context) -> None:
    graph = text_to_image()
    graph["vae"] = ("VAELoader", {"vae_name": "ae.safetensors"})
    graph["picture"] = ("VAEDecode", {"samples": ["sampled", 0], "vae": ["vae", 0]})
    made = picture(context, graph)
    assert pictures.differs_from(made, picture(context, text_to_image())) and pictures.main_colour(made) == "red"


def test_an_empty_latent_is_a_multiple_of_eight_and_decodes_grey(context: Context) -> None:
    graph = text_to_image(width=70, height=79)
    graph["picture"] = ("VAEDecode", {"samples": ["latent", 0], "vae": ["model", 2]})
    made = ran(context, graph, "picture")[0]
    assert (made.size, made.getextrema()) == ((64, 72), ((127, 127),) * 3)


@pytest.mark.parametrize(("steps", "denoise", "told"), [(3, 1.0, 3), (3, 0.5, 3), (3, 0.0, 0)])
def test_each_step_is_told_once(context: Context, steps: int, denoise: float, told: int) -> None:
    seen: list[tuple[int, int, Any]] = []
    context.progress = lambda step, of, preview: seen.append((step, of, preview))
    ran(context, text_to_image(steps=steps, denoise=denoise), "sampled")
    assert seen == [(step, steps, None) for step in range(1, told + 1)]


def test_previews_come_only_when_they_are_wanted_and_near_the_picture(context: Context) -> None:
    seen: list[Image.Image] = []
    context = replace(
        context, wants_previews=True, progress=lambda step, of, preview: seen.append(preview or Image.new("L", (1, 1)))
    )
    made = ran(context, text_to_image(width=128), "sampled")
    assert [preview.size for preview in seen] == [(16, 8)] * 3
    assert seen[-1].tobytes() == made.pictures[0].resize((16, 8)).tobytes() != seen[0].tobytes()


def test_an_interruption_ends_the_sampler_between_two_steps(context: Context) -> None:
    seen: list[int] = []

    def progress(step: int, of: int, preview: Image.Image | None) -> None:
        seen.append(step)
        if step == 2:
            raise Interrupted

    context.progress = progress
    with pytest.raises(Interrupted):
        ran(context, text_to_image(steps=9), "sampled")
    assert seen == [1, 2]


@pytest.mark.parametrize(("batch_size", "fits"), [(1, True), (2, True), (3, False)])
def test_the_pictures_of_a_batch_share_the_memory(context: Context, batch_size: int, fits: bool) -> None:
    context.memory_pixels = 2 * 64 * 64
    graph = text_to_image(batch_size=batch_size)
    if fits:
        assert len(ran(context, graph, "picture")) == batch_size
        return
    with pytest.raises(OutOfMemoryError, match=r"^Allocation on device") as raised:
        ran(context, graph, "picture")
    assert type_name(raised.value) == "torch.OutOfMemoryError"


def test_a_checkpoint_that_has_gone_is_named(context: Context) -> None:
    context.folders.models["checkpoints"] = []
    with pytest.raises(
        FileNotFoundError, match=f"Model in folder 'checkpoints' with filename '{CHECKPOINT}' not found"
    ):
        ran(context, text_to_image(), "picture")
