"""Benchmarks: figures and ratios against a peer or a limit, measured in one run, never asserted in a test."""
