"""How programs write settings into pictures: one reader for each, and what they share."""
