"""Generated examples for the French understanding: templates, invented names, careless writing."""

from nlu.corpus.generator import generate

__all__ = ["generate"]
