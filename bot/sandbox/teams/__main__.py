"""`python -m bot.sandbox.teams`: the fake Teams as a process, with its page."""

from __future__ import annotations

import argparse
import os
import uuid

from bot.fake_channels import CONTROL_PATH, TEAMS_APP_ID, TEAMS_TENANT_ID
from bot.installation.data_folder import PRIVATE_UMASK
from bot.sandbox.teams.rate_limits import DOCUMENTED_SEND_WINDOWS, SEND_WINDOWS, RateLimits
from bot.sandbox.teams.server import LOOPBACK, run
from bot.sandbox.teams.signing import REAL_ISSUER


def main() -> None:
    """Read the options, and run until stopped; below the path that the environment gives, if it gives one."""
    os.umask(PRIVATE_UMASK)
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.teams", description="A fake Microsoft Teams on loopback.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bot-url", required=True, help="where activities are posted, …/teams/messages")
    parser.add_argument("--app-id", type=_guid, default=TEAMS_APP_ID)
    parser.add_argument("--tenant", type=_guid, default=TEAMS_TENANT_ID)
    parser.add_argument("--issuer", default=REAL_ISSUER, help="who the tokens say that they are from")
    parser.add_argument("--bot-name", default="SPHERE")
    parser.add_argument("--limits", action=argparse.BooleanOptionalAction, default=True, help="answer 429 to what is too fast")
    parser.add_argument("--all-limits", action="store_true", help="with the window of two seconds too")
    parser.add_argument("--support-channel", help="id of a channel of the team, in which the bot is installed")
    options = parser.parse_args()
    path = os.environ.get(CONTROL_PATH, "")
    print(f"fake Teams: http://{LOOPBACK}:{options.port}/", flush=True)  # noqa: T201 - the command line's own output
    limits = RateLimits(enforced=options.limits, send=DOCUMENTED_SEND_WINDOWS if options.all_limits else SEND_WINDOWS)
    names = {"issuer": options.issuer, "bot_name": options.bot_name, "support_channel": options.support_channel}
    run(options.port, options.bot_url, options.app_id, options.tenant, path=path, limits=limits, **names)


def _guid(text: str) -> str:
    return str(uuid.UUID(text))


if __name__ == "__main__":
    main()
