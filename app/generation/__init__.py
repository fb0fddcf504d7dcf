"""Image generation: one port, many backends."""
