"""The words that sentences about characters and the assets of jobs choose from.

Read for its effect: each makes `{its name}` usable in patterns.
"""

from __future__ import annotations

from support.character_pictures import DISGUISES
from support.parameter_types import parameter_type


@parameter_type("|".join(DISGUISES))
def disguise(text: str) -> str:
    """What calls itself a picture and is none that a character may have."""
    return text


NAMES = {
    "a path that climbs out": "../../../evil.png",
    "a path of Windows": "..\\..\\evil.png",
    "a path from the root": "/etc/cron.d/evil.png",
    "three hundred letters": "c" * 300 + ".png",
    "nothing but a dot": ".",
    "a line break": "captain\r\nX-Evil: 1.png",
    "letters that read backwards": "captain\u202egnp.exe",
    "a web page's tag": "<img src=x onerror=alert(1)>.png",
    "letters of many scripts": "霧の中の船長 – капитан.png",
    "the name of a key": "character_references/captain.png",
}


@parameter_type("|".join(NAMES))
def hostile_name(text: str) -> str:
    """What a client may call its file."""
    return text


STRANGE_IDS = {
    "a path that climbs out": "../../../studio.db",
    "an encoded path": "..%2f..%2fstudio.db",
    "a doubly encoded path": "%252e%252e%252fstudio.db",
    "capital letters": "6F1C2C1E-0000-4000-8000-00000000000A",
    "digits of another script": "\u0666f1c2c1e-0000-4000-8000-000000000000",
    "letters that look alike": "6f1\u0441 2c1e-0000-4000-8000-000000000000".replace(" ", ""),
    "an end that is none": "6f1c2c1e-0000-4000-8000-000000000000%00.png",
    "a line break behind it": "6f1c2c1e-0000-4000-8000-000000000000%0a",
    "an extension": "6f1c2c1e-0000-4000-8000-000000000000.png",
    "no hyphens": "6f1c2c1e000040008000000000000000",
    "ten thousand letters": "6" * 10_000,
    "a wildcard": "*",
}


@parameter_type("|".join(STRANGE_IDS))
def strange_id(text: str) -> str:
    """What may stand where a picture's ID belongs."""
    return text


STRANGE_KEYS = {"nothing at all": "", "256 letters": "k" * 256, "an umlaut": "schlüssel", "a blank in it": "a b"}


@parameter_type("|".join(STRANGE_KEYS))
def strange_key(text: str) -> str:
    """What no request may have as its own key."""
    return text


@parameter_type("the first 10 bytes|bytes 20 to 29|all from byte 40|the last 10 bytes")
def part(text: str) -> str:
    """A part of a picture's file, counted from byte 0."""
    return text


@parameter_type("is fetched|is shown small|gets a label|is deleted")
def done_to_it(text: str) -> str:
    """What can be done to one reference picture."""
    return text


@parameter_type(
    "with another picture's name|with another deadline|with a letter of its signature changed|without its signature|"
    "to write|to delete|for the whole bucket"
)
def misuse(text: str) -> str:
    """What somebody may try with a link that opens one picture."""
    return text


@parameter_type("is missing|knows another key")
def bucket_trouble(text: str) -> str:
    """What may be wrong with a bucket from the beginning."""
    return text


@parameter_type("is out of order|answers no more")
def store_trouble(text: str) -> str:
    """What may become of a store: it is killed, or it hangs."""
    return text


@parameter_type("is in order again|answers again")
def store_mended(text: str) -> str:
    """How a store comes back."""
    return text


@parameter_type(r"[A-Z]+(?:_[A-Z]+)+", suggested=False)
def published_setting(text: str) -> str:
    """A setting, by the name that is published."""
    return text


@parameter_type("fails at|sends a web page for|refuses")
def provider_fault(text: str) -> str:
    """What a provider may do instead of painting."""
    return text
