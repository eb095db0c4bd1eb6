"""Channels: they translate to and from the outside, nothing else."""
