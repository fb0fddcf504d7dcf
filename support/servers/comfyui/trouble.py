"""What goes wrong with one prompt, where a failure mode is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from support.servers.comfyui.agenda import Agenda
from support.servers.comfyui.failures import SLOWER, FailureMode, broken_node, full_disk, out_of_memory
from support.servers.comfyui.interruption import Gone, Interruption
from support.servers.comfyui.nodes.registry import NodeClass


class Trouble:
    """Strikes one node: the first sampler that has to run, else the first output.

    crash: ends the whole server. cut: ends every socket.
    """

    def __init__(
        self,
        modes: frozenset[FailureMode],
        agenda: Agenda,
        interruption: Interruption,
        *,
        crash: Callable[[], None],
        cut: Callable[[], None],
    ) -> None:
        self._modes = modes
        self._interruption = interruption
        self._crash = crash
        self._cut = cut
        left = agenda.left
        samplers = [node_id for node_id in left if agenda.class_of(node_id).category.startswith("sampling")]
        outputs = [node_id for node_id in left if agenda.class_of(node_id).output_node]
        self._victim = next(iter([*samplers, *outputs]), None)
        self._takes_steps = bool(samplers)
        self.slowness = SLOWER if "slow" in modes else 1

    def before(self, node_id: str, node_class: NodeClass) -> None:
        """A node is about to run. Raises what it would raise."""
        if "full disk" in self._modes and node_class.output_node:
            raise full_disk()
        if node_id != self._victim:
            return
        if "out of memory" in self._modes:
            raise out_of_memory()
        if "node error" in self._modes:
            raise broken_node()
        if not self._takes_steps:
            self._strike()

    def at_step(self, node_id: str, step: int, of: int) -> None:
        """Inference step `step` of `of` is about to be done: half-way is in the middle of the prompt."""
        if node_id == self._victim and step == max(1, of // 2):
            self._strike()

    def _strike(self) -> None:
        if "dropped sockets" in self._modes:
            self._cut()
        if "restart" in self._modes:
            self._crash()
            raise Gone
        if "hang" in self._modes:
            self._hang()

    def _hang(self) -> NoReturn:
        while True:
            self._interruption.wakes.wait()
            self._interruption.check()
