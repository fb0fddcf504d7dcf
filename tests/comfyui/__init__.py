"""The proof that the ComfyUI double answers as the real server does: interactions, recordings, the recorder."""
