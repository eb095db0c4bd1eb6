"""`python -m bot.sandbox.telegram --port N`: the stand-in by hand, with a page that shows the chats."""

from __future__ import annotations

import argparse

import uvicorn

from bot.sandbox.telegram.server import create_app
from bot.sandbox.telegram.state import Chat, State


def main() -> None:
    """Serve on loopback until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", default="4242:fake")
    parser.add_argument("--bot-name", default="sphere_demo_bot")
    parser.add_argument("--no-limits", action="store_true")
    parser.add_argument("--group", type=int, help="id of a forum of the team, in which the bot is an administrator: --group=-100…")
    given = parser.parse_args()
    state = State(given.token, given.bot_name)
    state.limits.on = not given.no_limits
    state.chats[1001] = Chat(1001, "Claire", started=False)
    if given.group is not None:
        state.chats[given.group] = Chat(given.group, "Équipe SPHERE", "supergroup", forum=True, started=True)
    uvicorn.run(
        create_app(state),
        host="127.0.0.1",
        port=given.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
