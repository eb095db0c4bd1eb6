"""The mail of a new account invites to a chat that is linked to it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.identity.errors import LinkTokenInvalid
from bot.settings import Settings
from tests.unit.accounts.test_requests import LEILA, ask
from tests.unit.harness import CLAIRE, SETTINGS, Harness

REFERENCE = "DC-2026-000001"


async def mail_with(harness: Harness, settings: Settings) -> str:
    await harness.link("chat", CLAIRE)
    await ask(harness)
    await harness.with_settings(settings).account_requests.create(REFERENCE)
    (mail,) = await harness.mails(LEILA.email)
    return str(mail["text"])


def tokens(text: str) -> set[str]:
    return set(re.findall(r"start(?:=|%20)([\w-]+)", text))


async def test_one_token_for_every_configured_channel(harness: Harness) -> None:
    settings = SETTINGS.model_copy(update={"telegram_token": "1:x", "telegram_bot": "SphereBot", "teams_app_id": "app"})
    text = await mail_with(harness, settings)
    assert "l’un de ces liens, valable 7 jours" in text
    for line in (
        "Telegram\u00a0: https://t.me/",
        "Microsoft Teams\u00a0: https://teams.",
        f"Discussion web\u00a0: {settings.own_url}/chat#start=",
    ):
        assert line in text
    (token,) = tokens(text)
    harness.clock.advance(timedelta(days=6))
    assert (await harness.identity.redeem("leila", token)).email == LEILA.email
    with pytest.raises(LinkTokenInvalid):
        await harness.identity.redeem("another", token)


async def test_the_web_alone(harness: Harness) -> None:
    text = await mail_with(harness, SETTINGS)
    assert "suivez ce lien, valable 7 jours" in text
    assert "Telegram" not in text
    assert "Teams" not in text
    (token,) = tokens(text)
    harness.clock.advance(timedelta(days=7))
    with pytest.raises(LinkTokenInvalid):
        await harness.identity.redeem("leila", token)


async def test_the_paragraphs_of_the_mail(harness: Harness) -> None:
    text = await mail_with(harness, SETTINGS)
    paragraphs = text.split("\n\n")
    assert [paragraph for paragraph in paragraphs if not paragraph.strip()] == []
    assert len([paragraph for paragraph in paragraphs if "#start=" in paragraph]) == 1
    assert len(text) < 1400
