"""The support desk: where the team answers conversations and account requests, in a browser."""
