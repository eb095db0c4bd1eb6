"""A stateful, strict fake of Microsoft Teams' connector on loopback, and of the people who talk to a bot. See README.md."""

from bot.sandbox.teams.client import Control, Seen, TeamsUser
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.running import APP_ID, TENANT_ID, FakeTeams

__all__ = ["APP_ID", "TENANT_ID", "Control", "FakeTeams", "Limits", "Seen", "TeamsUser"]
