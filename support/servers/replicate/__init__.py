"""The double of Replicate."""

from support.servers.replicate.life import Ordered
from support.servers.replicate.models import FLUX_2_PRO, FLUX_DEV, KONTEXT_PRO, SDXL
from support.servers.replicate.server import TOKEN, Replicate

__all__ = ["FLUX_2_PRO", "FLUX_DEV", "KONTEXT_PRO", "SDXL", "TOKEN", "Ordered", "Replicate"]
