"""The partners of a dossier: add one, list them, remove one."""
