"""Delivery of updates to the bot's webhook."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from bot.sandbox.telegram.state import State


async def deliver_updates(state: State) -> None:
    """Post updates to the webhook for ever, each until it is acknowledged; 20 at once, 0.2 s after a refusal."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        while True:
            async with state.changed:
                await state.changed.wait_for(lambda: bool(state.webhook["url"] and state.updates))
            batch = list(state.updates)[:20]
            results = await asyncio.gather(*(_post(http, state, update) for update in batch))
            for update, acknowledged in zip(batch, results, strict=True):
                if acknowledged and update in state.updates:
                    state.updates.remove(update)
            if not all(results):
                state.refused_webhooks += 1
                await asyncio.sleep(0.2)


async def _post(http: httpx.AsyncClient, state: State, update: dict[str, Any]) -> bool:
    headers = {"X-Telegram-Bot-Api-Secret-Token": state.webhook["secret"]} if state.webhook["secret"] else {}
    try:
        return (await http.post(state.webhook["url"], json=update, headers=headers)).is_success
    except httpx.HTTPError:
        return False
