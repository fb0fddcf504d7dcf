"""The schemas, oldest first. A revision says what was so then; it imports nothing that may become otherwise."""
