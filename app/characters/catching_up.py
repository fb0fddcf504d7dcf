"""Pictures that the bucket could not be given when they came are put into it later."""

from __future__ import annotations

import logging
import threading

from app.characters.book import Book
from app.characters.places import Places
from app.errors import StudioError

log = logging.getLogger("app.characters")


class CatchingUp:
    """Lifts pictures from the folder into the bucket, on a thread of its own that lives as long as there are any."""

    def __init__(self, *, book: Book, places: Places) -> None:
        self._book = book
        self._places = places
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if there is a bucket and something that it lacks."""
        if self._places.cloud is None or not self._book.any_lag():
            return
        self._thread = threading.Thread(target=self.run, name="characters-catching-up")
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> int:
        """Lift what can be lifted; how many pictures that were. The bucket's first refusal ends it."""
        lifted = 0
        try:
            for record in self._book.lagging():
                if self._stopping.is_set():
                    break
                stream = self._places.local(record)
                if stream is None:
                    continue
                with stream:
                    self._places.lift(record.key, stream.read(), record.content_type)
                self._book.change(record.id, in_cloud=True)
                lifted += 1
        except StudioError as error:
            log.warning("pictures are still kept on this machine only: %s", error.message)
        return lifted
