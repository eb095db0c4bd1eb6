"""NLU components for French as professionals write it on a phone."""
