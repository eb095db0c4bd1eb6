"""A fake Microsoft Teams on loopback: a stateful and strict Bot Framework connector, and the users behind it. See README.md."""

from bot.sandbox.teams.control_client import ChatMessage, ControlClient, TeamsUser
from bot.sandbox.teams.rate_limits import RateLimits
from bot.sandbox.teams.server import FakeTeams

__all__ = ["ChatMessage", "ControlClient", "FakeTeams", "RateLimits", "TeamsUser"]
