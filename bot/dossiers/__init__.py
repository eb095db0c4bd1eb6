"""Dossiers usagers and their partners: the platform's `Patient` and `CareTeam` resources."""
