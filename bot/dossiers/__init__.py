"""Dossiers usagers and the partners who take part in them: the platform's `Patient` and `CareTeam` resources."""
