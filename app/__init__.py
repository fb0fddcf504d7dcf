"""Proofsheet's studio: model downloads, the model library, recipes, characters and image generation."""

__version__ = "0.1.0"
