"""The web UI's text: whatever a prompt holds, what was written is read back."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from app.recipes import a1111
from app.recipes.recipe import RecipeLora, RecipeSettings

POSTED = """portrait of a girl's cat, 50% off, time: 12:30, <lora:ink:0.8>, <lora:a b:-0.5:1>
Steps: walk up the stairs
<lyco:glow>
Negative prompt: blurry, <lora:no:1>
second line
Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 4294967295, Size: 512x768, \
Model hash: ABCDEF12, Model: "dream, shaper: v8", Denoising strength: 0.35, Clip skip: 2, \
Lora hashes: "ink: 1A2b, other: 99ff", Version: 1.10.1"""

text = st.text(st.characters(exclude_categories=["Cs"]))
tricky = st.lists(
    st.sampled_from(
        ["\n", "Negative prompt: ", "Steps: 1, Seed: 2, Size: 3x4", '"', ",", ":", "\\", "a", " ", "日本", "<lora:x:1>"]
    )
).map("".join)
prompts = st.none() | (text | tricky).filter(bool)
names = (text | tricky).filter(lambda name: bool(name.strip()))
scales = st.none() | st.floats(allow_nan=False, allow_infinity=False)
wholes = st.none() | st.integers(0, 2**64 - 1)
lora_names = st.from_regex(r"[\w .-]*[\w-]", fullmatch=True).filter(lambda name: name == name.strip())
sizes = st.none() | st.tuples(st.integers(1, 99_999), st.integers(1, 99_999))


@st.composite
def settings(draw: st.DrawFn) -> RecipeSettings:
    size = draw(sizes) or (None, None)
    return RecipeSettings(
        prompt=draw(prompts), negative_prompt=draw(prompts), num_inference_steps=draw(wholes),
        sampler=draw(st.none() | names), scheduler=draw(st.none() | names), guidance_scale=draw(scales),
        true_cfg_scale=draw(scales), seed=draw(wholes), width=size[0], height=size[1],
        checkpoint=draw(st.none() | names), clip_skip=draw(wholes), denoising_strength=draw(scales),
    )  # fmt: skip


def test_every_setting_of_a_posted_text_is_read() -> None:
    reading = a1111.read(POSTED)
    assert (reading.format, reading.confidence) == ("a1111", 1.0)
    assert reading.settings.said() == {
        "prompt": POSTED.partition("\nNegative")[0],
        "negative_prompt": "blurry, <lora:no:1>\nsecond line",
        "num_inference_steps": 20,
        "sampler": "DPM++ 2M Karras",
        "guidance_scale": 7.5,
        "seed": 4294967295,
        "width": 512,
        "height": 768,
        "checkpoint": "dream, shaper: v8",
        "checkpoint_hash": "abcdef12",
        "clip_skip": 2,
        "denoising_strength": 0.35,
    }


def test_every_lora_is_read_tagged_or_only_named_by_its_hash() -> None:
    assert a1111.read(POSTED).loras == (
        RecipeLora("ink", 0.8, "1a2b"), RecipeLora("a b", -0.5), RecipeLora("glow"), RecipeLora("other", 1.0, "99ff"),
    )  # fmt: skip


def test_only_the_last_settings_line_counts() -> None:
    reading = a1111.read("a\nSteps: 1, Seed: 2, Size: 3x4\nb\nSteps: 9, Seed: 8, Size: 7x6\nTemplate: a")
    assert (reading.settings.prompt, reading.settings.seed) == ("a\nSteps: 1, Seed: 2, Size: 3x4\nb", 8)


def test_a_text_without_settings_is_not_claimed() -> None:
    assert a1111.read("Made by me: with love, on paper").format is None


@given(text | tricky)
@example("Size: 1x" + "9" * 5000)
@example("Steps: ²³, Seed: ٣, CFG scale: 1e999")
def test_reading_never_fails(anything: str) -> None:
    reading = a1111.read(anything)
    assert 0 <= reading.confidence <= 1


@given(settings())
@example(RecipeSettings(checkpoint=" Negative prompt:Steps: 1"))
def test_what_is_written_is_read_back(asked: RecipeSettings) -> None:
    assert a1111.read(a1111.write(asked)).settings == asked


@given(st.dictionaries(lora_names, st.from_regex(r"[0-9a-f]{8,12}", fullmatch=True)))
def test_hashes_of_loras_are_read_back(hashes: dict[str, str]) -> None:
    loras = tuple(RecipeLora(name, 1.0, found) for name, found in hashes.items())
    assert a1111.read(a1111.write(RecipeSettings(prompt="a"), loras)).loras == loras


def test_a_long_text_is_read_in_linear_time() -> None:
    for unit in ("a", ",", ":", '"', "a:", "a:,", "<lora:", "\n", "Steps: 1\n"):
        a1111.read(unit * 200_000)
