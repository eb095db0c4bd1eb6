"""Several people of one dossier in one message: one card, changed in free words, done by one yes."""

from __future__ import annotations

from tests.conversations.talk import CLAIRE, as_user
from tests.stack import Stack

DOSSIER = "SPH-2025-000018"


def test_two_additions_are_one_card_and_then_a_replacement(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say(f"ajoute Paul Martin, kiné à Vierzon, et le Dr Karim Benali, généraliste à Blois, au dossier {DOSSIER}")
    assert all(word in card for word in ("Paul Martin", "Karim Benali", DOSSIER, "Voulez-vous faire ces changements"))
    assert len([title for title in claire.titles if title.startswith("Oui")]) == 2
    changed = claire.say("oui sauf le kiné")
    assert "Paul Martin" in changed.split("Dossier")[0]
    assert "Paul Martin" not in changed.split("Dossier")[1]
    assert not any("Benali" in name for name in stack.participants(DOSSIER))
    assert "a maintenant accès" in claire.press("accord de l’usager")
    assert any("Benali" in name for name in stack.participants(DOSSIER))
    referent = as_user(stack, "marianne.rousset@sphere.example")
    card = referent.say(
        f"retire Karim Benali du dossier {DOSSIER} et ajoute Paul Martin, kiné à Vierzon, même équipe de soins, usager informé"
    )
    assert "À retirer" in card
    assert "À ajouter" in card
    done = referent.say("oui merci")
    assert "Benali n’a plus accès" in done
    assert "Paul Martin a maintenant accès" in done
    names = stack.participants(DOSSIER)
    assert any("Paul Martin" in name for name in names)
    assert not any("Benali" in name for name in names)
