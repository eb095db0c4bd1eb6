"""Notifications by every channel: set by talking and by buttons, read back, undone; read and marked; a person's whole way with them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.conversations.external import ExternalTalk
from tests.conversations.members import Member, deep_link_token, fresh_member
from tests.conversations.talk import CLAIRE, Talk, as_user, open_talk
from tests.conversations.telegram import TelegramTalk
from tests.stack import Stack, wait_for

NB = "\u00a0"
DOSSIER = "SPH-2024-000137"
PUSHED = {"web": "mail", "telegram": "telegram", "webhook": "telegram", "teams": "teams"}
"""By which way somebody is told who has a chat on a channel alone."""


@pytest.fixture
def member(stack: Stack) -> Member:
    """Somebody whom no other test knows."""
    return fresh_member(stack)


@pytest.fixture
def talk(stack: Stack, member: Member) -> Talk:
    """Their chat."""
    return as_user(stack, member.email)


def settings(talk: Talk) -> str:
    """What holds, as the assistant tells it; less the link, which is another one each time."""
    return re.sub(r"\S*/account\?t=\S+", "", talk.say("comment sont réglées mes notifications ?"))


def test_settings_are_shown_with_a_link_to_the_page(talk: Talk) -> None:
    shown = talk.say("comment sont réglées mes notifications ?")
    assert shown.startswith(f"Vos réglages{NB}:")
    assert f"Résumés{NB}: à 8h et 14h, tous les jours" in shown
    assert f"En sourdine{NB}: rien" in shown
    assert re.search(r"Prochain résumé (aujourd’hui|demain) à (8h|14h)\.", shown)
    links = [link for m in talk.last for link in (m["links"] if "links" in m else [m["link"]["url"]] if m["link"] else [])]
    assert any("/account?t=" in link for link in links)
    assert talk.say("gérer mes notifications").startswith(f"Vos réglages{NB}:")


@pytest.mark.parametrize(
    ("wish", "read_back"),
    [
        ("plus rien après 19h", f"Heures calmes{NB}: de 19h à 7h, tous les jours"),
        ("pas de notifs le week-end", f"Heures calmes{NB}: le samedi et le dimanche"),
        ("ne m'envoie rien avant 8h", f"Heures calmes{NB}: de 0h à 8h, tous les jours"),
        ("je ne veux pas de notifications entre 21h et 7h", f"Heures calmes{NB}: de 21h à 7h, tous les jours"),
        ("je ne veux plus de mails", "C’est réglé"),
    ],
)
def test_a_wish_is_done_read_back_and_undone(talk: Talk, wish: str, read_back: str) -> None:
    before = settings(talk)
    done = talk.say(wish)
    assert done.startswith(f"C’est réglé{NB}:"), done
    assert read_back in done, done
    assert talk.say(wish).startswith("C’est déjà réglé ainsi")
    talk.press("Voir mes réglages")
    talk.say("remets mes notifications comme avant")
    assert settings(talk) == before


def test_a_change_is_taken_back_by_a_button_or_by_a_word(talk: Talk) -> None:
    before = settings(talk)
    assert "de 19h à 8h, tous les jours" in talk.press("Rien de 19h à 8h")
    undone = talk.press("Annuler ce changement")
    assert undone.startswith(f"C’est annulé, vos réglages d’avant sont de retour{NB}:")
    assert f"Heures calmes{NB}: aucune" in undone
    assert settings(talk) == before
    talk.press("Pas le week-end")
    assert "C’est annulé" in talk.say("annule")
    assert settings(talk) == before
    assert "Il n’y a rien en cours" in talk.say("annule")


def test_one_digest_by_a_button(talk: Talk) -> None:
    talk.say("comment sont réglées mes notifications ?")
    done = talk.press("Un seul résumé à 8h")
    assert f"Résumés{NB}: à 8h, tous les jours" in done
    assert re.search(rf"En résumé (dans Telegram|dans Teams|par e-mail){NB}: tout", done), done
    assert re.search(r"Prochain résumé (aujourd’hui|demain) à 8h\.", done)


def test_what_can_be_taken_in_two_ways_is_asked_about(talk: Talk) -> None:
    asked = talk.say("pas de notification le soir")
    assert "à quelle heure" in asked
    assert "20h" in talk.titles
    assert "de 20h à" in talk.press("20h")
    talk.press("Annuler ce changement")
    assert "à quelle heure" in talk.say("pas de notification le soir")
    assert "de 19h à" in talk.say("19h")


def test_a_question_may_be_dropped_and_nothing_changes(talk: Talk) -> None:
    before = settings(talk)
    assert "Jusqu’à quand" in talk.say("je suis en congés, coupe les notifications")
    assert "C’est abandonné" in talk.say("laisse tomber")
    assert settings(talk) == before


def test_what_is_not_offered_is_said_so(talk: Talk) -> None:
    assert "Je ne peux pas vous prévenir par sms" in talk.say("je préfère les SMS")
    talk.say("annuler")


def test_a_dossier_is_muted_until_a_day_then_heard_again(talk: Talk, member: Member) -> None:
    dossier = member.dossiers[0]
    done = talk.say(f"mets le dossier {dossier} en sourdine jusqu'à lundi")
    assert re.search(rf"En sourdine{NB}: dossier {dossier}, jusqu’(?:au lundi \d|à demain)", done), done
    over = talk.say(f"réactive les notifications du dossier {dossier}")
    assert f"En sourdine{NB}: rien" in over
    assert "Rien n’est en sourdine" in talk.say("réactive les notifications")


def test_everything_is_muted_and_an_end_given_by_a_button(talk: Talk) -> None:
    done = talk.say("stop notifs")
    assert f"En sourdine{NB}: toutes vos notifications, jusqu’à nouvel ordre" in done
    assert "votre compte ou le service" in done
    assert "toutes vos notifications, jusqu’à demain à 8h" in talk.press("Jusqu’à demain 8h")
    assert f"En sourdine{NB}: rien" in talk.say("remets les notifications")


def test_which_dossier_is_asked_for(talk: Talk, member: Member) -> None:
    assert "ou de celles d’un dossier" in talk.say("mettre un dossier en sourdine")
    done = talk.press(member.dossiers[0])
    assert f"dossier {member.dossiers[0]}, jusqu’à nouvel ordre" in done
    others = next(each for each in (DOSSIER, "SPH-2024-000205") if each not in member.dossiers)
    refused = talk.say(f"mets le dossier {others} en sourdine")
    assert "ne faites pas partie" in refused
    talk.say("annuler")


def test_a_task_under_way_is_taken_up_again(talk: Talk, member: Member) -> None:
    assert "nom du professionnel" in talk.say(f"ajoute quelqu'un au dossier {member.dossiers[0]}")
    proposed = talk.say("plus rien après 19h")
    assert "Rien n’a changé" in proposed
    assert "de 19h à 7h, tous les jours" in proposed
    said = talk.say("oui")
    assert "C’est réglé" in said
    assert "Je reprends" in said
    assert "nom du professionnel" in said
    talk.say("annuler")


def test_an_unlinked_chat_is_linked_first_and_the_wish_goes_on(stack: Stack, member: Member) -> None:
    talk = open_talk(stack)
    assert "qui vous êtes" in talk.say("plus rien après 19h")
    sent = talk.codes_sent(member.email)
    talk.say(member.email)
    assert "de 19h à 7h, tous les jours" in talk.say(talk.code(member.email, sent))


def test_told_then_read_in_the_list_and_marked(talk: Talk, member: Member) -> None:
    assert "Vous n’avez aucune notification" in talk.say("j'ai du nouveau ?")
    member.post("document.added", title="Ordonnance de Mme Untel")
    text = member.wait_notification(talk, "document a été déposé")
    assert member.dossiers[0] in text
    assert ("Untel" in text) is not isinstance(talk, ExternalTalk)
    listed = talk.say("j'ai du nouveau ?")
    assert listed.startswith(f"Vous avez 1 notification non lue{NB}:")
    assert ("Untel" in listed) is not isinstance(talk, ExternalTalk)
    assert "1 notification marquée comme lue. Vous êtes à jour." in talk.press("Marquer comme lu")
    assert "Rien de nouveau" in talk.say("j'ai du nouveau ?")


def test_marked_by_the_button_under_what_was_told(talk: Talk, member: Member) -> None:
    member.post("message.received")
    member.wait_notification(talk, "message a été écrit")
    assert "1 notification marquée comme lue" in talk.press("Marquer comme lu")
    assert "Rien de nouveau" in talk.say("mes notifications")


def test_read_on_one_channel_is_read_on_the_others(stack: Stack, talk: Talk, member: Member, channel: str) -> None:
    web = Talk(stack)
    assert "reliée au compte" in web.link(member.email)
    member.post("appointment.set")
    member.wait_notification(web, "rendez-vous a été fixé")
    talk.say("marque tout comme lu")
    assert "Rien de nouveau" in web.say("mes notifications")


def test_more_than_five_are_paged(talk: Talk, member: Member) -> None:
    for _ in range(7):
        member.post()
    member.wait_listed(7)
    shown = talk.say("mes notifications")
    assert "Vous avez 7 notifications non lues" in shown
    assert shown.count("•") == 5
    assert talk.press("La suite").count("•") == 2


def test_a_change_is_obeyed_by_what_waits(stack: Stack, channel: str) -> None:
    """What joins the team waits for the digest: in the chat, by mail where there is none."""
    member = fresh_member(stack, dossiers=2)
    talk = as_user(stack, member.email)
    way, (muted, other) = PUSHED[channel], member.dossiers[:2]
    member.post("team.joined", dossier=muted)
    member.wait_sends(way, "waiting")
    talk.say(f"mets le dossier {muted} en sourdine")
    member.wait_sends(way, "dropped")
    assert member.sends(way) == [("dropped", "muted")]
    assert "1 notification non lue" in talk.say("mes notifications")
    member.post("team.left", dossier=other)
    member.wait_sends(way, "dropped", "waiting")
    assert "Tout de suite" in talk.say("préviens-moi tout de suite pour l'équipe")
    member.wait_sends(way, "dropped", "handed")


@pytest.mark.channels("telegram")
def test_the_whole_way(stack: Stack) -> None:
    claire, address = as_user(stack, CLAIRE), "odile.wernert@soins-vierzon.example"
    reference = _ask_for_an_account(claire, address)
    made = stack.cli("accounts", "create", reference)
    assert made.returncode == 0, made.stdout + made.stderr

    odile, token = TelegramTalk(stack), deep_link_token(stack.mail_to(address, "?start="))
    assert "reliée au compte SPHERE de Odile Wernert" in odile.say(f"/start {token}")
    account = stack.fhir(f"Practitioner?telecom={address}")["entry"][0]["resource"]["id"]
    member = Member(stack, account, address, [DOSSIER])

    member.post(title="Note pour Mme Durand")
    text = member.wait_notification(odile, "note de liaison")
    assert DOSSIER in text
    assert "Durand" not in text

    assert f"dossier {DOSSIER}, jusqu’à nouvel ordre" in odile.press("Sourdine")
    member.post("document.added")
    member.wait_listed(4)  # after the account, the access and the note
    assert member.sends("telegram") == [("handed", None)]
    assert f"En sourdine{NB}: rien" in odile.say("réactive les notifications")
    member.post("appointment.set")
    member.wait_notification(odile, "rendez-vous a été fixé")

    odile.say("comment sont réglées mes notifications ?")
    assert re.search(r"Prochain résumé (aujourd’hui|demain) à 8h", odile.press("Un seul résumé à 8h"))
    member.post("document.added")
    member.post("message.received")
    wait_for("two to wait", lambda: [state for state, _ in member.sends("telegram")][-2:] == ["waiting"] * 2)
    member.let_time_pass(timedelta(days=2))
    assert "2 nouveautés" in member.wait_notification(odile, "Votre résumé")

    odile.block()
    member.post("message.received", urgent=True)
    mail = stack.mail_to(address, "Telegram ne me laisse plus vous écrire")
    assert mail["subject"].startswith("Urgent")
    assert "/notifications/stop?t=" in mail["text"]
    assert "Durand" not in str(mail)
    assert odile.closed()


def _ask_for_an_account(talk: Talk, email: str) -> str:
    """Have an account requested for somebody whom the directory does not know; the reference of the request."""
    assert "Est-ce une de ces personnes" in talk.say(f"ajoute Wernert au dossier {DOSSIER}")  # somebody's name is not unlike
    talk.press("Personne ne correspond")
    talk.press("Demander un compte")
    answers = {
        "civilité": "Mme",
        "prénom": "Odile",
        "e-mail": email,
        "téléphone": "02 48 57 00 11",
        "profession": "infirmière",
        "RPPS": "passer",
        "exerce": "Libéral",
        "structure": "Cabinet des Tilleuls",
        "ville": "Vierzon",
    }
    for _ in range(14):
        question = talk.last[-1]["text"]
        if "Fiche annuaire" in question:
            break
        if "Sur quelle base" in question:
            talk.press("même équipe")
        else:
            talk.say(next(answer for asked, answer in answers.items() if asked.lower() in question.lower()))
    found = re.search(r"DC-\d{4}-\d+", talk.press("Envoyer la demande"))
    assert found, talk.last
    return found[0]
