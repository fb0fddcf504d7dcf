"""Which base model a LoRA or checkpoint was made for, from what its trainer wrote into it.

The names are those that the Civitai hub shows. Decided by whole words: "stability ai" is not Illustrious, though the
letters "il" stand in it. Words end at signs, between letters and digits, and where capital letters begin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.model_files import is_model_file

UNKNOWN = "Unknown"
MAX_CHARACTERS = 200

# The surest first. Source: kohya-ss/sd-scripts `ss_base_model_version`, `ss_sd_model_name`; the ModelSpec standard.
VERSION, ARCHITECTURE, NAME = "ss_base_model_version", "modelspec.architecture", "ss_sd_model_name"
# What programs write that have nothing to say.
_NOTHING = frozenset({"", "none", "null", "unknown", "other"})

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_SD = r"(?:sd|stable diffusion)(?: v)?"
_XL = r"(?:sdxl|sd xl|stable diffusion xl|xl base)"

# Family, name, and the words by which it is known; the first that fits is meant.
_KNOWN = [
    ("sdxl", "NoobAI", "noob(?: ?ai)?"),
    ("sdxl", "Illustrious", "illustrious(?:xl)?|ilxl|il"),
    ("sdxl", "Pony V7", "pony(?: diffusion)? v ?7"),
    ("sdxl", "Pony", "pony(?:xl)?"),
    ("flux2", "Flux.2 D", "flux 2"),
    ("flux", "Flux.1 Kontext", "flux(?: .*)? kontext"),
    ("flux", "Flux.1 Krea", "flux(?: .*)? krea"),
    ("flux", "Flux.1 S", "flux(?: .*)? schnell|flux 1 s"),
    ("flux", "Flux.1 D", "flux"),
    ("sd3", "SD 3.5 Large Turbo", f"{_SD} (?:3 5|35) large turbo"),
    ("sd3", "SD 3.5 Large", f"{_SD} (?:3 5|35) large"),
    ("sd3", "SD 3.5 Medium", f"{_SD} (?:3 5|35) medium"),
    ("sd3", "SD 3.5", f"{_SD} (?:3 5|35)"),
    ("sd3", "SD 3", f"{_SD} 3"),
    ("sdxl", "SDXL Turbo", f"{_XL}(?: .*)? turbo"),
    ("sdxl", "SDXL Lightning", f"{_XL}(?: .*)? lightning"),
    ("sdxl", "SDXL Hyper", f"{_XL}(?: .*)? hyper|hyper {_XL}"),
    ("sdxl", "SDXL 0.9", f"{_XL}(?: base)?(?: v)? 0 9"),
    ("sdxl", "SDXL 1.0", _XL),
    ("sd2", "SD 2.1 768", f"{_SD} (?:2 1|21) 768"),
    ("sd2", "SD 2.1", f"{_SD} (?:2 1|21)"),
    ("sd2", "SD 2.0 768", f"{_SD} 2(?: 0)? 768"),
    ("sd2", "SD 2.0", f"{_SD} (?:2|20)"),
    ("sd1", "SD 1.5 LCM", f"{_SD} (?:1 5|15) lcm"),
    ("sd1", "SD 1.5 Hyper", f"{_SD} (?:1 5|15) hyper"),
    ("sd1", "SD 1.4", f"{_SD} (?:1 4|14)|v 1 4 pruned"),
    ("sd1", "SD 1.5", f"{_SD} (?:1|15)|v 1 5 pruned"),
    ("auraflow", "AuraFlow", "aura ?flow"),
    ("chroma", "Chroma", "chroma"),
    ("hidream", "HiDream", "hi ?dream"),
    ("hunyuan", "Hunyuan Video", "hunyuan ?video"),
    ("hunyuan", "Hunyuan 1", "hunyuan(?: ?di ?t)?"),
    ("kolors", "Kolors", "kolors"),
    ("lumina", "Lumina", "lumina"),
    ("ltxv", "LTXV", "ltxv?"),
    ("mochi", "Mochi", "mochi"),
    ("pixart", "PixArt E", "pix ?art(?: .*)? (?:sigma|e)"),
    ("pixart", "PixArt a", "pix ?art"),
    ("playground", "Playground v2", "playground v ?2"),
    ("cascade", "Stable Cascade", "stable cascade|wuerstchen"),
    ("svd", "SVD XT", "svd xt"),
    ("svd", "SVD", "svd|stable video diffusion"),
    ("wan", "Wan Video", "wan"),
    ("qwen", "Qwen", "qwen"),
    ("zimage", "ZImageTurbo", "z ?image turbo"),
]
_PATTERNS = [(family, name, re.compile(rf"(?:^| )(?:{words})(?: |$)")) for family, name, words in _KNOWN]


def base_model_of(metadata: Mapping[str, str]) -> str:
    """The base model that a header names. Text that is not known stays as it is; where nothing is said: Unknown.

    A checkpoint's name may say more than the version does: "sdxl" trained on "ponyDiffusionV6XL" is Pony.
    """
    said = {key: text for key in (VERSION, ARCHITECTURE, NAME) if (text := _text(metadata, key))}
    known = {key: found for key, text in said.items() if (found := _recognised(text))}
    if not known:
        return next(iter(said.values()), UNKNOWN)
    family, name = next(iter(known.values()))
    by_name = known.get(NAME)
    return by_name[1] if by_name is not None and by_name[0] == family else name


def base_model_named(text: str) -> str:
    """The base model that a text means; the text itself when that is not known, Unknown when there is none."""
    return base_model_of({VERSION: text})


def _text(metadata: Mapping[str, str], key: str) -> str:
    text = metadata.get(key, "").encode("utf-8", "replace").decode().replace("\0", "").strip()[:MAX_CHARACTERS]
    if text.casefold() in _NOTHING:
        return ""
    if key == NAME:
        last = PurePosixPath(text.replace("\\", "/")).name
        return PurePosixPath(last).stem if is_model_file(last) else last
    return text


def _recognised(text: str) -> tuple[str, str] | None:
    """A text's family and base model, when one is known."""
    words = " ".join(_WORDS.findall(text)).casefold()
    return next(((family, name) for family, name, pattern in _PATTERNS if pattern.search(words)), None)
