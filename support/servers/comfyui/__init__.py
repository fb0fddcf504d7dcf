"""The double of ComfyUI."""

from support.servers.comfyui.failures import FAILURES, FailureMode
from support.servers.comfyui.profile import PROFILES, Profile
from support.servers.comfyui.seen import Seen, SeenPrompt
from support.servers.comfyui.server import ComfyUI

__all__ = ["FAILURES", "PROFILES", "ComfyUI", "FailureMode", "Profile", "Seen", "SeenPrompt"]
