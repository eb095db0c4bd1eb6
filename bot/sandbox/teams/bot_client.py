"""Client of the bot's messaging endpoint: posts signed activities (with a flaw on demand) and records the answers."""

from __future__ import annotations

import asyncio
import copy
import time
from typing import Any

import httpx

from bot.sandbox.teams.flaws import Flaw
from bot.sandbox.teams.signing import OTHER_APP, Signer
from bot.sandbox.teams.state import Json, Post, State

TIMEOUT = 15.0
"""Seconds that Teams gives a bot to answer."""
RETRY_PAUSES = (0.1, 0.3, 1.0)
"""Seconds before each retry of a post that got no answer or a 5xx, where retries are asked for."""


class BotClient:
    """The bot's messaging endpoint, as Teams sees it."""

    def __init__(self, state: State, signer: Signer, bot_url: str) -> None:
        self._state, self._signer, self.bot_url = state, signer, bot_url
        self.retries = 0
        """How often a post without an answer is retried; Microsoft promises no retry."""
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, limits=httpx.Limits(max_connections=None))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def post(self, activity: Json, flaw: Flaw | None = None) -> Post:
        """Post one activity and return the record of the post."""
        sent = _with_flaw(activity, flaw)
        post = Post(len(self._state.posts) + 1, time.time(), sent, flaw)
        self._state.posts.append(post)
        for pause in (0.0, *(RETRY_PAUSES[min(n, len(RETRY_PAUSES) - 1)] for n in range(self.retries))):
            await asyncio.sleep(pause)
            await self._attempt(post, flaw)
            if post.status is not None and post.status < 500:
                break
        self._state.mark_changed()
        return post

    async def _attempt(self, post: Post, flaw: Flaw | None) -> None:
        authorization = self._signer.authorization(flaw)
        headers = {"Authorization": authorization} if authorization is not None else {}
        began = time.monotonic()
        post.attempts += 1
        post.status = post.body = post.error = None
        try:
            answer = await self._http.post(self.bot_url, json=post.activity, headers=headers)
        except httpx.HTTPError as error:
            post.error = type(error).__name__
        else:
            post.status, post.body = answer.status_code, _body(answer)
        post.seconds = time.monotonic() - began


def _with_flaw(activity: Json, flaw: Flaw | None) -> Json:
    activity = copy.deepcopy(activity)
    if flaw == "other_tenant":
        activity["conversation"]["tenantId"] = OTHER_APP
        activity["channelData"]["tenant"]["id"] = OTHER_APP
    elif flaw == "other_channel":
        activity["channelId"] = "directline"
    elif flaw == "other_service_url_in_activity":
        activity["serviceUrl"] = "https://smba.example.org/emea/"
    return activity


def _body(answer: httpx.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return answer.text
