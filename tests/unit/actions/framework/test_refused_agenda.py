"""A dossier that is refused while what waits begins takes nothing back of what was done before it in the same turn."""

from __future__ import annotations

import pytest

from actions.flows.partners.remove_partner import RemovePartner
from actions.framework.context import Context
from actions.framework.flow import Slots
from bot.dossiers.errors import NotAMember
from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER


async def test_what_was_done_stays_and_the_refusal_is_told(claire: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    add = an_act("ajoute Paul Martin de Vierzon au 137", "add_partner", partner_name="Paul Martin", city="Vierzon", dossier_ref="137")
    remove = an_act("retire Luce Vidal du 142", "remove_partner", partner_name="Luce Vidal", dossier_ref=CLAIRES_OTHER)
    await claire.ask("ajoute Paul Martin de Vierzon au 137 retire Luce Vidal du 142", add, remove)

    async def refuse(self: RemovePartner, context: Context) -> Slots:
        raise NotAMember

    monkeypatch.setattr(RemovePartner, "start", refuse)
    done = await claire.press("affirm", WEB, basis="consent_given")
    assert "a maintenant accès" in done.text
    assert CLAIRES_OTHER in done.text
    assert claire.form is None
    assert claire.slots["basis"] is None
    assert [act["dossier"] for act in claire.slots["last_acts"]] == [CLAIRES_DOSSIER]
