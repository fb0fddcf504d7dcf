"""Clients that others have written, against the double of ComfyUI, unchanged.

Each has a folder here: the versions that it is installed with, and a program that speaks through it. A program is
called `PROGRAM URL DEED …` and prints one line of JSON; the deeds are in `published.py`. Clients are installed under
`build/clients`, one folder each, with what they need and nothing of ours.
"""
