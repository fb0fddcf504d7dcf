"""A recipe's fingerprint: equal for recipes of the same LoRAs at the same strengths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import InvalidInput

Entry = Mapping[str, Any]


def fingerprint(loras: Iterable[Entry]) -> str:
    """The LoRAs as `key:strength|key:strength`, sorted, so that their order does not matter.

    Each entry: hash, else modelVersionId or model_version_id; strength, else weight (none or null: 1.0);
    exclude or excluded. Excluded entries and those without a key are left out; none left: ''. Raises
    InvalidInput for a strength that is no finite number.
    """
    kept = (lora for lora in loras if not (lora.get("exclude") or lora.get("excluded")))
    keyed = [(_key(lora), _strength(lora)) for lora in kept]
    return "|".join(f"{key}:{strength}" for key, strength in sorted(keyed) if key)


def _key(lora: Entry) -> str:
    found = lora.get("hash") or lora.get("modelVersionId") or lora.get("model_version_id") or ""
    return str(found).lower()


def _strength(lora: Entry) -> float:
    given = next((lora[name] for name in ("strength", "weight") if lora.get(name) is not None), 1.0)
    try:
        strength = float(given)
    except (TypeError, ValueError, OverflowError):
        strength = math.nan
    if not math.isfinite(strength):
        raise InvalidInput(f"a LoRA's strength must be a finite number, {given!r} is not", field="loras")
    # Minus zero is the same strength as zero, yet is written differently.
    return round(strength, 2) + 0.0
