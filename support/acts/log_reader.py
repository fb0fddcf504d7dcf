"""What the studio writes into its log in one scenario, down to the last detail."""

from __future__ import annotations

import logging
import threading


class LogReader(logging.Handler):
    """Reads every record of this process along, except those of the thread that made it, which are the scenario's."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._ours = threading.get_ident()
        self._lines: list[str] = []
        self._level = logging.root.level
        # Whoever else listens hears no more than before.
        self._others = [(handler, handler.level) for handler in logging.root.handlers]
        for handler, level in self._others:
            handler.setLevel(max(level, self._level))
        logging.root.addHandler(self)
        logging.root.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread != self._ours:
            self._lines.append(logging.Formatter("%(name)s %(levelname)s %(message)s").format(record))

    @property
    def text(self) -> str:
        return "\n".join(list(self._lines))

    def close(self) -> None:
        logging.root.removeHandler(self)
        logging.root.setLevel(self._level)
        for handler, level in self._others:
            handler.setLevel(level)
        super().close()
