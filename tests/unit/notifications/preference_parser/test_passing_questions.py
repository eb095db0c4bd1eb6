"""Questions about what would be told at night, apart from what happens now: that is never answered from the settings."""

from __future__ import annotations

import pytest

from bot.notifications.preference_parser import asks_what_passes

ASKED = """une urgence à 3h, je la reçois ?
si ça chauffe la nuit je suis prévenu ?
et si y'a un truc grave à 2h du mat je suis prévenue quand même ?
en cas d'urgence la nuit, est-ce que je reçois une notif ?
les urgences passent la nuit ?
est-ce que vous me réveillez s'il y a une urgence la nuit ?
s'il se passe quelque chose le week-end, on me prévient ?
quelles notifs passent pendant mes heures calmes ?
si Mme Durand va mal la nuit, je serai prévenue ?
me préviendrez-vous la nuit si c'est urgent ?"""
HAPPENING = """Mme Durand ne se réveille pas depuis cette nuit, on me prévient que maintenant, c'est grave ?
Urgence ! elle vomit du sang depuis 3h, vous m'envoyez quelqu'un ?
il a perdu connaissance à 3h, on m'envoie un message, c'est grave ?
elle a avalé toute la boîte de comprimés cette nuit, ça m'arrive comme message, urgent ?
saturation à 70 depuis 21h, on me prévient que c'est grave ?
Il s'est ouvert les veines ce soir, je suis prévenu, urgent ?
il a fait un arrêt cette nuit je reçois une alerte, je masse ?
l'alerte cardiaque ne passe pas depuis cette nuit, il a la poitrine serrée ?
glycémie à 0,3 ce soir, urgence, ça passe ?
le samedi elle a fait un arrêt, on me dit que c'est une urgence ?
le bébé est tout mou depuis cette nuit, on me dit d'attendre, c'est grave ?
mon patient ne parle plus depuis ce soir, on m'a alertée, c'est une urgence ?"""


@pytest.mark.parametrize("text", ASKED.splitlines())
def test_what_is_only_supposed_is_a_question_about_the_settings(text: str) -> None:
    assert asks_what_passes(text)


@pytest.mark.parametrize("text", HAPPENING.splitlines())
def test_what_happens_is_none(text: str) -> None:
    assert not asks_what_passes(text)
