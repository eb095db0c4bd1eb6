"""NLU components for French as professionals type it on a phone."""
