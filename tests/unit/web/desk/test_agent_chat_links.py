"""*Relier ma messagerie*: a code for oneself alone, and one's own accounts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import SettingsError
from bot.support.agent_links import CODE_LIFETIME
from tests.unit.web.desk.running_desk import running_desk

GROUP = {"SUPPORT_TELEGRAM_GROUP": "-1001", "TELEGRAM_TOKEN": "4242:fake", "TELEGRAM_API_URL": "http://127.0.0.1:9"}
"""A group that is never reached: here it only has to be there."""
HERE = "/desk/messaging"


async def test_a_code_links_the_account_that_shows_it(tmp_path: Path) -> None:
    async with running_desk(tmp_path, **GROUP) as desk:
        ines = await desk.agent_browser()
        assert ines.agent is not None
        links = desk.support_bot.parts.agent_links
        codes = [re.search(r"/relier ([A-Z2-9-]{14})", (await ines.send(HERE, f"{HERE}/code")).text) for _ in range(2)]
        first, second = (code[1] for code in codes if code is not None)
        assert await links.redeem("telegram", "7", first) is None  # a new one ends the former
        assert await links.redeem("telegram", "7", second) == ines.agent.agent
        paul = await desk.agent_browser("paul", "Paul")
        assert "Délier" not in (await paul.open(HERE)).text
        assert (await paul.http.post(f"{HERE}/unlink", data={"seal": await paul.csrf_token(), "channel": "telegram"})).status_code == 303
        assert await links.agent_of("telegram", "7") == ines.agent.agent
        assert (await ines.send(HERE, f"{HERE}/unlink")).status_code == 303
        assert await links.agent_of("telegram", "7") is None


async def test_a_code_is_no_good_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    async with running_desk(tmp_path, **GROUP) as desk:
        ines = await desk.agent_browser()
        assert ines.agent is not None
        links = desk.support_bot.parts.agent_links
        code = await links.new_code(ines.agent.id)
        desk.support_bot.clock.advance(CODE_LIFETIME)
        assert await links.redeem("telegram", "7", code) is None


async def test_a_group_whose_channel_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SUPPORT_TELEGRAM_GROUP is set, but TELEGRAM_TOKEN is not"):
        async with running_desk(tmp_path, SUPPORT_TELEGRAM_GROUP="-1001"):
            pass


async def test_without_a_group_there_is_nothing_to_link(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        page = (await (await desk.agent_browser()).open(HERE)).text
        assert "Aucun groupe" in page
        assert "Obtenir un code" not in page
