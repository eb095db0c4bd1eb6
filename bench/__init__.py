"""What is claimed and measured, one script per claim; `python -m bench` runs them all (docs/dev/measurements.md)."""
