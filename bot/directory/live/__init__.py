"""The directories that are asked over the network: the national one (Annuaire Santé) and the regional ones (ROR).

Knows neither chat nor database: what processes share comes in as ports (`docs/dev/directory.md`, *Live*).
"""
