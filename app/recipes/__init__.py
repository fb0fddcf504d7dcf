"""Recipes: pictures with the settings that made them."""
