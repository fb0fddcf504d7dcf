"""What the studio says of its calls holds for requests that nobody thought of: thousands, made up from its own OpenAPI.

Made by Schemathesis: some as described, some with one thing wrong. No answer is a failure of the studio, and each has a
status, a content type and a form that the description names. LOAD=long makes up ten times as many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.character_studio import API, LIST, CharacterStudio

Case = schemathesis.Case[Any]
CASES = 2000 if os.environ.get("LOAD") == "long" else 200
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CharacterStudio]:
    studio = CharacterStudio(tmp_path_factory.mktemp("made-up") / "home")
    yield studio
    studio.close()


def described(studio: CharacterStudio) -> dict[str, Any]:
    """The OpenAPI of this noun's calls alone."""
    document = dict(studio.app.openapi())
    document["paths"] = {path: calls for path, calls in document["paths"].items() if path.startswith(f"{API}/")}
    return document


def strategies(studio: CharacterStudio, known: dict[str, Any]) -> list[st.SearchStrategy[Case]]:
    """Requests of every call, in both ways that there are for it. known: path parameters that mean something."""
    made = []
    for result in schemathesis.openapi.from_dict(described(studio)).get_all_operations():
        assert isinstance(result, Ok)
        call = result.ok()
        made.append(call.as_strategy())
        if call.body or call.query:  # in what else is said, nothing can be wrong: an ID may be any text
            made.append(call.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        names = [parameter.name for parameter in call.path_parameters]
        if names:
            made.append(call.as_strategy(path_parameters={name: known[name] for name in names}))
    return made


def test_every_answer_is_one_that_was_described(studio: CharacterStudio) -> None:
    known = {"image_id": studio.one(), "job_id": "night-1", "version": 1}
    statuses: set[int] = set()

    @settings(
        max_examples=CASES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies(studio, known)))
    def every_answer(case: Case) -> None:
        sent = requests.Request(**case.as_transport_kwargs(base_url=str(studio.client.base_url))).prepare()
        headers = {name: str(value) for name, value in sent.headers.items()}
        content = sent.body
        assert isinstance(content, str | bytes | None)
        answer = studio.client.request(str(sent.method), str(sent.url), content=content, headers=headers)
        answer.elapsed = timedelta()  # it comes without a socket, and nobody asks how long it took
        case.validate_response(answer, checks=CHECKS)
        assert studio.crashes == []
        statuses.add(answer.status_code)

    every_answer()
    assert {200, 400, 404, 422} <= statuses
    assert studio.client.get(LIST).status_code == 200
