"""Dialogues of simulated users with goals over a whole installation, judged by the data: docs/dev/dialogue_benchmark.md."""
