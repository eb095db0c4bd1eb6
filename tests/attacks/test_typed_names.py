"""An usager's name, typed where none may be: it is in no file of the installation, gone from the chat, and the user is told the truth."""

from __future__ import annotations

import re

import pytest

from tests.attacks.typed_names_fixtures import EXTERNAL, Chats, chats, everything_written, installation
from tests.conversations.external import ExternalTalk
from tests.conversations.telegram import TelegramTalk
from tests.stack import Stack, wait_for

__all__ = ["chats", "installation"]
pytestmark = [pytest.mark.parametrize("channel", sorted(EXTERNAL)), pytest.mark.xdist_group("typed names")]
DELETED, NOT_DELETED = "j’ai effacé votre message", "supprimez votre message ici"
NOTHING_KEPT = "je n’ai rien gardé"


def assert_nothing_left(stack: Stack, *names: str) -> None:
    written = everything_written(stack)
    assert [name for name in names if name.encode() in written] == []


def assert_told(talk: ExternalTalk, answer: str, text: str) -> None:
    """The user is told why, and the message is gone where a bot may delete it."""
    if talk.channel == "teams":
        assert NOT_DELETED in answer, text
        return
    assert DELETED in answer, text
    own = [message for message in talk.messages() if not message.from_bot]
    assert own[-1].deleted, text


def said(talk: ExternalTalk, text: str) -> None:
    assert_told(talk, talk.say(text), text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ouvre le dossier de Mme Quortal née Vlimbec", ("quortal", "vlimbec")),
        ("ouvre le dossier de QWERZAN Hildegonde née PLOMBIRAC", ("qwerzan", "hildegonde", "plombirac")),
        ("le dossier de Mme Xylotépé (née Kramzouille) svp", ("xylot", "kramzouille")),
        ("dossier de Mme Brunquel épouse Klimbert", ("brunquel", "klimbert")),
        ("dossier de M. Fasquelin veuf Dromantard", ("fasquelin", "dromantard")),
    ],
)
def test_married_and_birth_names(installation: Stack, chats: Chats, channel: str, text: str, names: tuple[str, ...]) -> None:
    said(chats(channel), text)
    assert_nothing_left(installation, *names)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ermelinde va mieux ce matin", ("ermelinde",)),
        ("ermengarde va mieux", ("ermengarde",)),
        ("Gontrande K. a chuté cette nuit", ("gontrande",)),
        ("mamie Philoména ne mange plus", ("philom",)),
        ("c est pour grosmollard", ("grosmollard",)),
        ("yvettebrascouille", ("yvettebrascouille",)),
        ("trascouin1948", ("trascouin",)),
        ("BLANQUEFOUX SIDONETTE", ("blanquefoux", "sidonette")),
        ("je passe chez Mouchardon à 14h", ("mouchardon",)),
        ("tournée : Palvadeau, Tricquenot et Lousteaud", ("palvadeau", "tricquenot", "lousteaud")),
        ("ajoute le Dr Leïla Benali au dossier de Mme Frouzelin", ("frouzelin",)),
        ("la fille de Berthilde Cravachon m'a appelée", ("berthilde", "cravachon")),
    ],
)
def test_spellings_of_an_usager_whom_nobody_knows(
    installation: Stack, chats: Chats, channel: str, text: str, names: tuple[str, ...]
) -> None:
    said(chats(channel), text)
    assert_nothing_left(installation, *names)


def test_an_address_a_telephone_and_numbers(installation: Stack, chats: Chats, channel: str) -> None:
    talk = chats(channel)
    said(talk, "la patiente habite 117 rue des Trois Ormeaux")
    said(talk, "numéro de la patiente : 06 98 76 54 32")
    said(talk, "sécu de la patiente 2 48 03 37 261 987 45")
    said(talk, "elle est née le douze mars mille neuf cent trente-sept")
    assert_nothing_left(installation, "trois ormeaux", "98 76 54", "261 987", "neuf cent trente")


def test_a_changed_message(installation: Stack, chats: Chats, channel: str) -> None:
    talk = chats(channel)
    mark = talk.mark()
    talk.write("bonjour")
    talk.answer(*mark)
    own = [message for message in talk.messages() if not message.from_bot][-1]
    mark = talk.mark()
    if isinstance(talk, TelegramTalk):
        talk.fake("POST", f"/chats/{talk.id}/edit", {"message_id": int(own.id), "text": "dossier de Mme Estrabouillac"})
    else:
        talk.user.edit(own.id, "dossier de Mme Estrabouillac")  # type: ignore[attr-defined]
    answer = talk.answer(*mark)
    assert "message modifié" in answer
    assert_told(talk, answer, "edited")
    assert (NOTHING_KEPT in answer) == (channel == "teams")
    assert_nothing_left(installation, "estrabouillac")


def test_a_text_that_is_too_long(installation: Stack, chats: Chats, channel: str) -> None:
    talk = chats(channel)
    mark = talk.mark()
    talk.write("bonjour " * 480 + "le dossier de Mme Wasquehalle " + "merci " * 40)
    answer = talk.answer(*mark)
    assert "4\u00a0000" in answer
    assert_told(talk, answer, "too long")
    assert_nothing_left(installation, "wasquehalle")


def test_what_is_told_to_the_support_team(installation: Stack, chats: Chats, channel: str) -> None:
    talk = chats(channel)
    talk.say("je veux parler à une personne de l'équipe")
    mark = talk.mark()
    talk.may_be_silent = True
    talk.write("il s'agit de ma patiente Clothéa Rebrachien")
    answer = talk.answer(*mark)
    talk.may_be_silent = False
    assert_told(talk, answer, "support")
    assert_nothing_left(installation, "cloth", "rebrachien")
    talk.say("/annuler")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"kind": "photo", "caption": "escarre de Mme Pigrolet"}, ("pigrolet",)),
        ({"kind": "photo", "caption": "ordonnance Mouzelard", "album": "77"}, ("mouzelard",)),
        ({"kind": "document", "caption": "bilan de Tranquart Ludivette"}, ("tranquart", "ludivette")),
        ({"text": "Mme Gribouval est sortie hier", "forwarded": True}, ("gribouval",)),
    ],
)
def test_captions_albums_and_forwarded_messages(
    installation: Stack, chats: Chats, channel: str, content: dict[str, object], names: tuple[str, ...]
) -> None:
    talk = chats("telegram")
    if channel != "telegram":
        pytest.skip("in Teams pictures come with a text that is read, and nothing is marked as forwarded")
    assert isinstance(talk, TelegramTalk)
    mark = talk.mark()
    talk.act(**content)
    answer = talk.answer(*mark)
    assert "Je ne lis que les messages écrits" in answer
    assert_told(talk, answer, str(content))
    assert_nothing_left(installation, *names)


def test_a_picture_without_a_word_is_left_in_the_chat(installation: Stack, chats: Chats, channel: str) -> None:
    talk = chats("telegram")
    assert isinstance(talk, TelegramTalk)
    mark = talk.mark()
    talk.act(kind="photo", caption="merci beaucoup")
    answer = talk.answer(*mark)
    assert DELETED not in answer
    assert not [message for message in talk.messages() if not message.from_bot][-1].deleted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cherche Basilien Tremouillac kiné à Vierzon", "tremouillac"),
        ("ajoute le Dr Octavine Sarquebeuf, cardiologue à Tours, au dossier SPH-2024-000137", "sarquebeuf"),
    ],
)
def test_a_professionals_name_is_still_understood(installation: Stack, chats: Chats, channel: str, text: str, name: str) -> None:
    talk = chats(channel)
    answer = talk.say(text)
    assert DELETED not in answer
    assert NOT_DELETED not in answer
    wait_for("the transcript", lambda: name.encode() in everything_written(installation))
    talk.say("annuler")


def test_nothing_kept_is_only_said_where_nothing_is_kept(chats: Chats, channel: str) -> None:
    answer = chats(channel).say("dossier de Mme Vlimbec, elle a faim")
    assert NOTHING_KEPT not in answer
    assert re.search("masqué|effacé", answer)
