"""Dossiers usagers: create one, find one, list one's own."""
