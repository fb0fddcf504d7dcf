"""Base models: decided by whole words, from the many spellings that trainers, hubs and people use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library.base_models import UNKNOWN, base_model_named, base_model_of

SPELLINGS = {
    "SD 1.4": ("SD 1.4", "stable-diffusion-v1-4", "sd-v1-4", "v1-4-pruned"),
    "SD 1.5": (
        "SD 1.5", "SD1.5", "sd_v1", "sd_1.5", "sd15", "SD15", "SD1", "stable-diffusion-v1", "stable-diffusion-v1-5",
        "stable-diffusion-v1/lora", "stable-diffusion-v1/textual-inversion", "v1-5-pruned-emaonly",
        "Stable Diffusion 1.5",
    ),
    "SD 1.5 LCM": ("SD 1.5 LCM", "sd1.5-lcm"),
    "SD 1.5 Hyper": ("SD 1.5 Hyper",),
    "SD 2.0": ("SD 2.0", "sd_v2", "SD2", "stable-diffusion-v2-512", "stable-diffusion-v2"),
    "SD 2.0 768": ("SD 2.0 768", "stable-diffusion-v2-768-v/lora"),
    "SD 2.1": ("SD 2.1", "sd21", "stable-diffusion-2-1", "stable_diffusion_v2.1"),
    "SD 2.1 768": ("SD 2.1 768", "sd2.1-768"),
    "SD 3": ("SD 3", "sd3", "sd3m", "stable-diffusion-3-medium", "stable-diffusion-3/lora"),
    "SD 3.5": ("SD 3.5", "sd3.5", "SD35", "stable-diffusion-3.5"),
    "SD 3.5 Medium": ("SD 3.5 Medium", "sd3.5_medium", "stable-diffusion-3.5-medium"),
    "SD 3.5 Large": ("SD 3.5 Large", "sd3.5_large", "stable-diffusion-3.5-large/lora"),
    "SD 3.5 Large Turbo": ("SD 3.5 Large Turbo", "sd3.5_large_turbo"),
    "SDXL 0.9": ("SDXL 0.9", "sdxl_base_v0-9", "sd_xl_base_0.9"),
    "SDXL 1.0": (
        "SDXL 1.0", "SDXL", "sdxl", "sdxl_base_v1-0", "sd_xl_base_1.0", "sd_xl_base_1.0_0.9vae", "SD XL",
        "stable-diffusion-xl-v1-base", "stable-diffusion-xl-v1-base/lora", "stable-diffusion-xl-base-1.0", "sdxl10",
    ),
    "SDXL Turbo": ("SDXL Turbo", "sdxl-turbo", "sd_xl_turbo_1.0", "SDXLTurbo"),
    "SDXL Lightning": ("SDXL Lightning", "sdxl_lightning_4step"),
    "SDXL Hyper": ("SDXL Hyper", "Hyper-SDXL-8steps"),
    "Pony": (
        "Pony", "pony", "ponyDiffusionV6XL", "ponyDiffusionV6XL_v6StartWithThisOne", "Pony Diffusion V6 XL", "PonyXL",
    ),
    "Pony V7": ("Pony V7", "pony-v7"),
    "Illustrious": ("Illustrious", "illustrious", "illustriousXL_v01", "Illustrious-XL-v1.0", "ILLUSTRIOUS", "IL v2"),
    "NoobAI": ("NoobAI", "noobaiXLNAIXL_vPred10Version", "NoobAI-XL-v1.1", "noob_v1"),
    "Flux.1 D": (
        "Flux.1 D", "flux1", "flux1-dev", "FLUX.1-dev", "flux-1-dev/lora", "flux_dev_fp8", "FLUX", "Flux.1 [dev]",
    ),
    "Flux.1 S": ("Flux.1 S", "flux1-schnell", "FLUX.1-schnell", "flux-1-schnell/lora", "flux1s"),
    "Flux.1 Krea": ("Flux.1 Krea", "flux1-krea-dev"),
    "Flux.1 Kontext": ("Flux.1 Kontext", "flux1-dev-kontext_fp8_scaled", "FLUX.1-Kontext-dev"),
    "Flux.2 D": ("Flux.2 D", "flux2-dev", "FLUX.2"),
    "AuraFlow": ("AuraFlow", "aura_flow_0.3", "auraflow"),
    "Chroma": ("Chroma", "chroma-unlocked-v50"),
    "HiDream": ("HiDream", "hidream_i1_full"),
    "Hunyuan Video": ("Hunyuan Video", "hunyuan-video", "HunyuanVideo", "hunyuanvideo"),
    "Hunyuan 1": ("Hunyuan 1", "hunyuan-dit", "HunyuanDiT"),
    "Kolors": ("Kolors",),
    "Lumina": ("Lumina", "lumina-2"),
    "LTXV": ("LTXV", "ltxv-2b", "ltx-video"),
    "Mochi": ("Mochi",),
    "PixArt a": ("PixArt a", "pixart-alpha"),
    "PixArt E": ("PixArt E", "PixArt-Sigma-XL-2"),
    "Playground v2": ("Playground v2", "playground-v2"),
    "Stable Cascade": ("Stable Cascade", "stable-cascade"),
    "SVD": ("SVD",),
    "SVD XT": ("SVD XT", "svd_xt"),
    "Wan Video": ("Wan Video", "wan2.1_t2v_14B"),
    "Qwen": ("Qwen", "qwen-image"),
    "ZImageTurbo": ("ZImageTurbo", "Z-Image-Turbo", "z_image_turbo"),
}  # fmt: skip

# Letters of a name stand in all of these, its word in none.
OTHERS = (
    "stability ai", "Stability AI", "illustration", "my illustrated style", "ponytail", "ponytails", "fluxus", "influx",
    "reflux", "chromatic", "swan", "wanderer", "qwenty", "mochila", "still life", "sdx", "asdxl", "hisdxls", "mysd15x",
    "snoobs", "ilness", "oil paint", "milk", "evil", "civil", "sd", "stable diffusion", "diffusion v1", "luminary",
    "neonMix", "my own thing v3", "日本",
)  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SPELLINGS.items() for text in texts])
def test_a_base_model_is_known_by_its_many_spellings(name: str, text: str) -> None:
    assert base_model_named(text) == name
    assert base_model_named(f" {text} ") == name
    assert base_model_of({"ss_sd_model_name": f"/home/me/models/{text.replace('/', '-')}.safetensors"}) == name


@pytest.mark.parametrize("text", OTHERS)
def test_letters_within_a_word_mean_nothing_and_unknown_text_stays_as_it_is(text: str) -> None:
    assert base_model_named(text) == text
    assert base_model_of({"modelspec.architecture": text}) == text


@pytest.mark.parametrize("text", ["", " ", "None", "none", "null", "Unknown", "\0"])
def test_where_nothing_is_said_it_is_unknown(text: str) -> None:
    assert base_model_named(text) == UNKNOWN
    assert base_model_of({}) == base_model_of({"ss_tag_frequency": "sdxl"}) == UNKNOWN


@pytest.mark.parametrize(
    ("version", "architecture", "checkpoint", "name"),
    [
        ("sdxl_base_v1-0", "stable-diffusion-xl-v1-base/lora", "ponyDiffusionV6XL.safetensors", "Pony"),
        ("sdxl_base_v1-0", "", "illustriousXL_v01.safetensors", "Illustrious"),
        ("sdxl_base_v1-0", "", "C:\\models\\noobaiXL.safetensors", "NoobAI"),
        ("sdxl_base_v1-0", "", "neonMix.safetensors", "SDXL 1.0"),
        ("sdxl_base_v1-0", "", "ponytail.safetensors", "SDXL 1.0"),
        ("flux1", "", "flux1-schnell.safetensors", "Flux.1 S"),
        # A name may be anything: what was measured counts, where the two cannot both be true.
        ("sd_v1", "", "ponyDiffusionV6XL.safetensors", "SD 1.5"),
        ("my own thing", "stable-diffusion-xl-v1-base/lora", "", "SDXL 1.0"),
        ("None", "", "neonMix_v2.safetensors", "neonMix_v2"),
        ("", "", "neonMix", "neonMix"),
    ],
)
def test_a_checkpoints_name_may_say_more_and_never_the_contrary(
    version: str, architecture: str, checkpoint: str, name: str
) -> None:
    said = {"ss_base_model_version": version, "modelspec.architecture": architecture, "ss_sd_model_name": checkpoint}
    assert base_model_of(said) == name


@given(st.text())
def test_any_text_means_a_base_model_or_itself(text: str) -> None:
    once = base_model_named(text)
    assert once
    assert base_model_named(once) == once


@given(st.sampled_from(sorted(SPELLINGS)), st.text("abcxyz", min_size=1), st.text("abcxyz", min_size=1))
def test_a_name_inside_a_longer_word_is_not_it(name: str, before: str, after: str) -> None:
    inside = f"{before}{name.lower().replace(' ', '')}{after}"
    if inside.isalpha():
        assert base_model_named(inside) == inside
