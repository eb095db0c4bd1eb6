"""Generated training examples: templates, entity substitution, noise."""

from nlu.corpus.generator import generate

__all__ = ["generate"]
