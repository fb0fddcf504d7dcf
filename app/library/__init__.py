"""The model library: which weights are on disk, and under which names and sums they are known."""
