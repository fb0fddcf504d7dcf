"""The words that sentences about downloads choose from: states, moves, and what may go wrong at a hub.

Read for its effect: each makes `{its name}` usable in patterns.
"""

from __future__ import annotations

from support.parameter_types import parameter_type

FINAL = ("completed", "failed", "cancelled", "skipped")


@parameter_type("queued|running|waiting|paused|complete|completed|failed|cancelled|skipped")
def state(text: str) -> str:
    """The states of a download, as its view calls them."""
    return "completed" if text == "complete" else text


@parameter_type("paused|resumed|cancelled|skipped|tried again")
def moved(text: str) -> str:
    """What may be done to a download, as its address calls it."""
    return {"paused": "pause", "resumed": "resume", "cancelled": "cancel", "skipped": "skip"}.get(text, "retry")


@parameter_type("more|no more")
def urgency(text: str) -> str:
    """How a download that waits is hurried."""
    return {"more": "high", "no more": "normal"}[text]


@parameter_type("busy|out of order")
def mood(text: str) -> int:
    """How a hub asks for patience, as the status that it answers with."""
    return {"busy": 429, "out of order": 503}[text]


@parameter_type("in seconds|as a date")
def telling(text: str) -> bool:
    """How long a hub asks to be left alone: whether as a date."""
    return text == "as a date"


@parameter_type("fails|is out of order|is overrun|breaks off|keeps silent")
def hitch(text: str) -> str:
    """What may happen at a hub that another attempt mends."""
    return text


@parameter_type("wants a sign-in for|does not permit|does not know|has removed")
def refusal(text: str) -> int:
    """What a hub may say that no other attempt changes, as the status that it answers with."""
    return {"wants a sign-in for": 401, "does not permit": 403, "does not know": 404, "has removed": 410}[text]


@parameter_type("is out of order|has no such file|does not permit it")
def outage(text: str) -> int:
    """Why one of several sources does not supply, as the status that it answers with."""
    return {"is out of order": 503, "has no such file": 404, "does not permit it": 403}[text]


@parameter_type("cannot send the rest|does not tell the edition|is not sure of the edition")
def inability(text: str) -> str:
    """Why a hub cannot be trusted to go on in the middle of a file."""
    return text


@parameter_type("other bytes|another length|nothing to send")
def no_rest(text: str) -> str:
    """What a hub may answer to whoever asks for the rest of a file."""
    return {"other bytes": "other bytes", "another length": "other total", "nothing to send": "416"}[text]


@parameter_type("shorter|longer")
def wrongly(text: str) -> int:
    """In which direction a hub errs about a length."""
    return {"shorter": -1, "longer": 1}[text]


@parameter_type(
    "its version|its model|its model and its version|the name of its file|the address of its page|"
    "the address of its version's page|its download link|its repository on Hugging Face|"
    "the address of its Hugging Face page"
)
def designation(text: str) -> str:
    """The ways in which a model on a hub can be named."""
    return text


@parameter_type("zip archive|tar archive")
def packing(text: str) -> str:
    """The kinds of packages."""
    return text


@parameter_type(
    "a file that climbs out|a file for the root folder|a link|a file that grows absurdly|a damaged model|no end"
)
def harm(text: str) -> str:
    """What a package may hold to do harm."""
    return text


@parameter_type(
    "number of downloads|number of connections|speed limit|free space to keep|safe mode|order of folders|"
    "colour of the window"
)
def setting(text: str) -> str:
    """What can be set while the studio works, as the studio calls it; the last one cannot."""
    return {
        "number of downloads": "concurrency",
        "number of connections": "connections",
        "speed limit": "speed_limit_bytes_per_second",
        "free space to keep": "keep_free_bytes",
        "safe mode": "safe_mode",
        "order of folders": "path_template",
        "colour of the window": "colour",
    }[text]


@parameter_type(r"[^\s,]+(?: [KMG]B)?", suggested=False)
def value(text: str) -> object:
    """What a setting may be set to, as the studio's own value: a number, a size, on or off, or a word."""
    number, _, unit = text.partition(" ")
    if unit:
        return int(float(number) * {"KB": 10**3, "MB": 10**6, "GB": 10**9}[unit])
    if text in ("on", "off"):
        return text == "on"
    return int(text) if text.lstrip("-").isdigit() else text
