"""What a run found, rendered for people: `python -m reports render` reads the record and prints the sheet."""


class ReportError(Exception):
    """A report cannot be made; the message says why, and what would help."""
