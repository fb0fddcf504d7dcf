"""Characters: described once, seen in reference pictures."""
