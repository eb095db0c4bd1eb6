"""`python -m bot.sandbox.teams`: the fake as a process, with its page."""

from __future__ import annotations

import argparse
import uuid

from bot.sandbox.teams.limits import SEND, SEND_DOCUMENTED, Limits
from bot.sandbox.teams.running import APP_ID, LOOPBACK, TENANT_ID, run
from bot.sandbox.teams.signing import REAL_ISSUER


def main() -> None:
    """Read the options and run until stopped."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.teams", description="A fake Microsoft Teams on loopback.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bot-url", required=True, help="where activities are posted, …/teams/messages")
    parser.add_argument("--app-id", type=_guid, default=APP_ID)
    parser.add_argument("--tenant", type=_guid, default=TENANT_ID)
    parser.add_argument("--issuer", default=REAL_ISSUER, help="who the tokens say that they are from")
    parser.add_argument("--bot-name", default="SPHERE")
    parser.add_argument("--limits", action=argparse.BooleanOptionalAction, default=True, help="answer 429 to what is too fast")
    parser.add_argument("--all-limits", action="store_true", help="with the window of two seconds too")
    parser.add_argument("--support-channel", help="id of a channel of the team, in which the bot is installed")
    said = parser.parse_args()
    print(f"fake Teams: http://{LOOPBACK}:{said.port}/", flush=True)  # noqa: T201 - the command line's own output
    limits = Limits(enforced=said.limits, send=SEND_DOCUMENTED if said.all_limits else SEND)
    names = {"issuer": said.issuer, "bot_name": said.bot_name, "support_channel": said.support_channel}
    run(said.port, said.bot_url, said.app_id, said.tenant, limits=limits, **names)


def _guid(text: str) -> str:
    return str(uuid.UUID(text))


if __name__ == "__main__":
    main()
