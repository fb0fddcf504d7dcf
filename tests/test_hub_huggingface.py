"""The hub's double resolves files of repositories as Hugging Face does: by redirect, with the sum told beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from support.servers.hub import Hub, Offered

REPO = "black-forest-labs/FLUX.1-Kontext"
KEY = {"Authorization": "Bearer hf_secret"}


@pytest.fixture
def vae(hub: Hub) -> Offered:
    return hub.offers("vae", file_name="vae/köln 1.safetensors", repo_id=REPO)


@pytest.fixture
def web(hub: Hub) -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, base_url=hub.url) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_resolved_by_a_redirect_that_tells_sum_size_and_commit(
    web: httpx.Client, hub: Hub, vae: Offered, method: str
) -> None:
    answer = web.request(method, str(vae.huggingface_url))
    assert answer.status_code == 302
    assert answer.headers["X-Linked-Etag"] == f'"{vae.sha256}"'
    assert answer.headers["X-Linked-Size"] == str(len(vae.content))
    assert (answer.headers["X-Repo-Commit"], len(vae.commit)) == (vae.commit, 40)
    assert answer.headers["Location"].startswith(hub.second_host.url)
    assert bool(answer.content) == (method == "GET")


def test_the_link_serves_the_file_with_its_ranges_and_name(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    answer = web.get(str(vae.huggingface_url), headers={"Range": "bytes=10-19"}, follow_redirects=True)
    assert (answer.status_code, answer.content) == (206, vae.content[10:20])
    assert "k%C3%B6ln%201.safetensors" in answer.headers["Content-Disposition"]
    assert hub.ranges_for("vae") == [(10, 20)]


def test_a_file_may_be_asked_for_by_its_commit(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    path = f"/{REPO}/resolve/{vae.commit}/{quote(vae.file_name)}"
    assert web.get(path, follow_redirects=True).content == vae.content
    new = hub.replaces("vae")
    assert web.get(path).status_code == 404
    assert web.head(str(vae.huggingface_url)).headers["X-Repo-Commit"] == new.commit != vae.commit


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/pr/1"])
def test_a_revision_may_have_any_name(web: httpx.Client, hub: Hub, revision: str) -> None:
    lora = hub.offers("lora", repo_id="artist/loras", revision=revision)
    assert web.get(str(lora.huggingface_url), follow_redirects=True).content == lora.content


def test_a_repository_may_have_no_owner_and_any_case(web: httpx.Client, hub: Hub) -> None:
    old = hub.offers("old", repo_id="GPT2")
    assert web.get("/gpt2/resolve/main/old.safetensors", follow_redirects=True).content == old.content


@pytest.mark.parametrize(
    ("path", "headers", "told"),
    [
        (f"/{REPO}/resolve/main/other.safetensors", {}, (404, "EntryNotFound", "Entry not found")),
        (f"/{REPO}/resolve/dev/vae.safetensors", {}, (404, "RevisionNotFound", "Invalid rev id: dev")),
        ("/nobody/nothing/resolve/main/a.bin", {}, (401, None, "Invalid username or password.")),
        ("/nobody/nothing/resolve/main/a.bin", KEY, (404, "RepoNotFound", "Repository not found")),
        ("/nobody/nothing/blob/main/a.bin", {}, (401, None, "Invalid username or password.")),
        (f"/{REPO}/resolve/a%0D%0AX-Mine:%20ü/vae", {}, (404, "RevisionNotFound", "Invalid rev id: a__X-Mine: ?")),
    ],
)
def test_what_is_not_there_is_told_by_a_code(
    web: httpx.Client, vae: Offered, path: str, headers: dict[str, str], told: tuple[int, str | None, str]
) -> None:
    for method in ("GET", "HEAD"):
        answer = web.request(method, path, headers=headers)
        status, code, message = told
        assert (answer.status_code, answer.headers.get("X-Error-Code")) == (status, code)
        assert answer.headers["X-Error-Message"] == message
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
        assert ("X-Repo-Commit" in answer.headers) == (code == "EntryNotFound")


def test_a_gated_repository_is_told_apart_from_a_key_that_is_nobodys(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    hub.needs_a_key("vae", "hf_secret")
    address = str(vae.huggingface_url)
    without, wrong = web.get(address), web.get(address, headers={"Authorization": "Bearer hf_other"})
    assert (without.status_code, without.headers["X-Error-Code"]) == (401, "GatedRepo")
    assert (wrong.status_code, wrong.headers["X-Error-Message"]) == (401, "Invalid credentials in Authorization header")
    resolved = web.get(address, headers=KEY)
    assert web.get(resolved.headers["Location"]).content == vae.content
    assert hub.keys_seen()[hub.second_host.host] == set()


def test_the_second_host_refuses_a_key_that_followed_the_redirect(web: httpx.Client, vae: Offered) -> None:
    link = web.get(str(vae.huggingface_url), headers=KEY).headers["Location"]
    assert web.get(link, headers=KEY).status_code == 400


def test_links_expire_there_too_and_are_signed_anew(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    hub.lets_links_expire("vae", after=2)
    link = web.get(str(vae.huggingface_url)).headers["Location"]
    assert [web.get(link).status_code for _ in range(3)] == [200, 200, 403]
    again = web.get(str(vae.huggingface_url)).headers["Location"]
    assert (again != link, web.get(again).content) == (True, vae.content)


def test_refusals_are_given_where_the_file_is_resolved(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    hub.is_busy_for("vae", 30, status=503)
    answer = web.get(str(vae.huggingface_url))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert web.get(str(vae.huggingface_url), follow_redirects=True).content == vae.content


def test_a_wrong_published_sum_is_told_when_resolving(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    wrong = hub.publishes_a_wrong_checksum("vae")
    assert web.head(str(vae.huggingface_url)).headers["X-Linked-Etag"] == f'"{wrong.sha256}"' != f'"{vae.sha256}"'
    hub.publishes_no_checksum("vae")
    assert "X-Linked-Etag" not in web.head(str(vae.huggingface_url)).headers


def test_the_page_about_a_file_is_no_file(web: httpx.Client, hub: Hub, vae: Offered) -> None:
    page = web.get(str(vae.huggingface_url).replace("/resolve/", "/blob/"))
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert hub.requests_for("vae") == []
