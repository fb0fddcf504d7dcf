"""Pictures by their address, for those who may not download: looked at as closely as every download."""

from __future__ import annotations

import threading

from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.stop import Stop
from app.downloads.web import Web
from app.errors import InvalidInput, StudioError, TooLarge, Unavailable

# As large as a picture may be that comes in any other way.
LARGEST_BYTES = 10 * 1024 * 1024
WITHIN_SECONDS = 30.0

# Where a download's words would speak of models and licences.
_SAID = {
    "sign_in_needed": "what is there is given only to those who sign in",
    "access_denied": "what is there is not given to the studio",
    "not_there": "there is nothing at this address",
    "gone": "there is nothing at this address any more",
    "refused": "what is there is not given to the studio",
}


class PictureFetcher:
    """Fetches a picture's bytes, and tells every fault as one of the field that named the address.

    within_seconds: how long all of it may take, so that an answer that trickles holds nobody up.
    """

    def __init__(self, web: Web, *, within_seconds: float = WITHIN_SECONDS, field: str = "image_url") -> None:
        self._web = web
        self._within_seconds = within_seconds
        self._field = field

    def fetch(self, url: str) -> bytes:
        """What is at `url`, at most 10 MiB, whatever it is.

        Raises InvalidInput for an address that must not or cannot be read, TooLarge, and Unavailable for
        what may be there later.
        """
        stop = Stop()
        late = threading.Timer(self._within_seconds, stop.set)
        late.name = "picture-deadline"
        late.start()
        try:
            return self._web.read(url, stop, limit_bytes=LARGEST_BYTES)
        except Stopped as error:
            raise Unavailable(
                f"{self._field}: the picture took longer than {self._within_seconds:g} seconds", field=self._field
            ) from error
        except TransferFailed as fault:
            raise self._told(fault) from fault
        finally:
            late.cancel()
            late.join()

    def _told(self, fault: TransferFailed) -> StudioError:
        if fault.code == "too_large":
            return TooLarge(f"{self._field} leads to more than 10 MiB; send a smaller picture", field=self._field)
        message = f"{self._field}: {_SAID.get(fault.code, fault.message)}"
        if isinstance(fault, PassingFault):
            return Unavailable(message, field=self._field)
        return InvalidInput(message, field=self._field)
