"""Accounts: request one, check a request."""
