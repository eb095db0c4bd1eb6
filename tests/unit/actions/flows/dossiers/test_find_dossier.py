"""Finding a dossier."""

from __future__ import annotations

from tests.unit.actions.dialogue import Dialogue
from tests.unit.actions.external_channel import MASKED, gives_link
from tests.unit.harness import CLAIRES_DOSSIER


async def test_an_external_channel_needs_a_reference(claire: Dialogue) -> None:
    answer = await claire.say("le dossier de [usager], [date de naissance]", "find_dossier", birth_date="[date de naissance]", **MASKED)
    assert gives_link(answer)
    both = await claire.say(f"{CLAIRES_DOSSIER} de [usager]", "find_dossier", dossier_ref=CLAIRES_DOSSIER, **MASKED)
    assert CLAIRES_DOSSIER in both.text
    assert not both.links
    assert claire.slots["task_stack"] == []
