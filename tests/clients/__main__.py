"""`python -m tests.clients` installs the published clients that are not yet there; status 1 if one cannot be had."""

from __future__ import annotations

import sys
import time

from tests.clients.installing import NotInstalled, installed, is_installed
from tests.clients.published import CLIENTS


def main() -> int:
    status = 0
    for client in CLIENTS:
        began = time.monotonic()
        if is_installed(client.folder):
            print(f"{client}: installed already")
            continue
        try:
            installed(client.folder)
            print(f"{client}: installed in {time.monotonic() - began:.0f} s", flush=True)
        except NotInstalled as error:
            print(error, file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
