"""Downloads: weights fetched from a model hub, and offered only when they are what was published."""
