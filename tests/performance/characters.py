"""What it takes to be told where a reference picture is: a link into the bucket, beside what is known by heart."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator

from support import leaks
from support.servers.s3 import S3Server, available
from tests.character_studio import API, GET, CharacterStudio
from tests.performance.measuring import Figure, seconds

CALLS = 300


def figures() -> Iterator[Figure]:
    """In-process, without a socket; the pictures lie on a real S3 server."""
    if why := available():
        print(f"links of a studio are not measured: {why}", file=sys.stderr)
        return
    with leaks.own_temporary_folder() as folder, S3Server() as server:
        bucket = server.bucket()
        studio = CharacterStudio(folder / "home", **bucket.settings, serve_from_cloud=True)
        images = studio.generate(num_images=4, include_base64=False)["images"]
        addresses = [f"{GET}/{image['id']}" for image in images]
        answer = studio.client.get(addresses[0]).json()
        if answer.get("storage_backend") != "s3":
            raise AssertionError(f"no link was told: {answer}")
        links, known = [], []
        for number in range(CALLS):
            links.append(seconds(lambda number=number: studio.client.get(addresses[number % 4])))  # type: ignore[misc]
            known.append(seconds(lambda: studio.client.get(f"{API}/config/debug")))
        studio.close()
        bucket.close()
    yield Figure("characters: a picture told as a link, median", statistics.median(links) * 1000, "ms", 2.0)
    yield Figure(
        "the same against a call that looks nothing up", statistics.median(links) * 1000, "ms",
        statistics.median(known) * 1000,
    )  # fmt: skip


if __name__ == "__main__":
    for figure in figures():
        limit = "" if figure.limit is None else f", limit {figure.limit:.3f}, ratio {figure.ratio:.2f}"
        print(f"{figure.what}: {figure.value:.3f} {figure.unit}{limit}")
