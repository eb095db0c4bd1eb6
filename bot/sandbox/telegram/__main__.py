"""`python -m bot.sandbox.telegram --port N`: the fake Telegram as a process, with a page that shows the chats."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import uvicorn

from bot.fake_channels import CONTROL_PATH, TELEGRAM_BOT, TELEGRAM_TOKEN
from bot.installation.data_folder import PRIVATE_UMASK
from bot.sandbox.hidden_path import HiddenPath
from bot.sandbox.telegram.app import create_app
from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.counters import Counters
from bot.sandbox.telegram.state import State


def main() -> None:
    """Serve on loopback until stopped; below the path that the environment gives, if it gives one."""
    os.umask(PRIVATE_UMASK)
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", default=TELEGRAM_TOKEN)
    parser.add_argument("--bot-name", default=TELEGRAM_BOT)
    parser.add_argument("--no-limits", action="store_true")
    parser.add_argument("--group", type=int, help="id of a forum of the team, in which the bot is an administrator: --group=-100…")
    parser.add_argument("--counters", type=Path, help="file in which the numbers of updates and messages go on over restarts")
    options = parser.parse_args()
    state = State(options.token, options.bot_name, Counters(options.counters))
    state.limits.enforced = not options.no_limits
    state.chats[1001] = Chat(1001, "Claire", started=False)
    if options.group is not None:
        state.chats[options.group] = Chat(options.group, "Équipe SPHERE", "supergroup", forum=True, started=True)
    uvicorn.run(
        HiddenPath(create_app(state), os.environ.get(CONTROL_PATH, "")),
        host="127.0.0.1",
        port=options.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
