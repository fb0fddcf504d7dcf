"""The node classes of the double; importing this enters all of them in `registry.NODES`."""

from support.servers.comfyui.nodes import conditioning, images, latents, loaders, masks, pieces, sampling, saving
from support.servers.comfyui.nodes.registry import NODES, Context, NodeClass, NodeResult, run

__all__ = [
    "NODES",
    "Context",
    "NodeClass",
    "NodeResult",
    "conditioning",
    "images",
    "latents",
    "loaders",
    "masks",
    "pieces",
    "run",
    "sampling",
    "saving",
]
