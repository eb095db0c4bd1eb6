"""The agent's guide (docs/poste-accompagnement.md), followed click by click: what it says to click is there and does what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.channels import ALWAYS_OPEN, TELEGRAM
from tests.conversations.talk import CLAIRE, KARIM, Talk, as_user
from tests.conversations.telegram import TelegramTalk
from tests.stack import ROOT, Stack, wait_for

from .accessibility import violations
from .chat_page import ChatPage
from .desk_page import SECONDS, DeskPage

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.timeout(500)]
GUIDE = ROOT / "docs" / "poste-accompagnement.md"
_LABEL = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
"""What the guide names as it stands on a page is in italics."""
_IN_GROUPS = {"communauté à sujets", "Je prends", "Répondre", "Prendre la suite", "Ouvrir au poste"}
_SHORTCUTS = {"j", "k", "p", "r", "n", "g", "c", "d", "?"}
ASK = "je veux parler à quelqu'un de l'équipe"
PASSWORD = "un mot de passe de test"


class Guide:
    """The names in the guide, ticked off as they are used; those of the team's own groups are tried in test_support_groups.py."""

    def __init__(self) -> None:
        self.text = GUIDE.read_text("utf-8")
        self.left = set(_LABEL.findall(self.text)) - _IN_GROUPS

    def name(self, label: str) -> str:
        """A name of the guide, as the pages write it."""
        assert label in _LABEL.findall(self.text), label
        self.left.discard(label)
        return label


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("guide") / "var", **ALWAYS_OPEN, **TELEGRAM, DESK_UNDO="12")
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_everything_that_the_guide_says_can_be_done(browser: Browser, installation: Stack) -> None:
    guide = Guide()
    boss = DeskPage.open(browser, str(installation.run["desk"]))
    boss.page.on("dialog", lambda dialog: dialog.accept())
    boss.page.get_by_label("Identifiant").fill(installation.run["desk_user"])
    boss.page.get_by_label("Mot de passe").fill(installation.run["desk_password"])
    boss.page.get_by_role("button", name=guide.name("Se connecter"), exact=True).click()
    _team(guide, boss)
    ines = _another(browser, installation)
    chat = ChatPage.open(browser, installation.chat_url)
    chat.say("zut flûte crotte de bique")
    reference = _asked(chat)
    _queue(guide, boss, reference)
    _conversation(guide, boss, ines, chat, reference)
    _requests(guide, boss, ines, installation)
    _externally(guide, boss, browser, installation)
    _duplicates(guide, boss, installation)
    _figures(guide, boss)
    _leaving(guide, boss)
    assert guide.left == set(), "the guide names what nobody clicked"
    assert set(re.findall(r"`([a-z?])`", guide.text)) == _SHORTCUTS  # tried out in test_desk.py
    for context in (boss.context, ines.context, chat.context):
        context.close()


def _team(guide: Guide, boss: DeskPage) -> None:
    boss.page.get_by_role("link", name=guide.name("Équipe")).click()
    boss.page.locator("#login").fill("ines")
    boss.page.locator("#name").fill("Inès")
    boss.page.locator("#password").fill(PASSWORD)
    boss.page.get_by_role("button", name="Ajouter", exact=True).click()
    boss.page.get_by_role("link", name=guide.name("Réponses types")).click()
    boss.page.locator("#name").fill("Accueil")
    boss.page.locator("#text").fill("Bonjour, {agent} à votre écoute ({reference}).")
    boss.page.get_by_role("button", name="Ajouter", exact=True).click()


def _another(browser: Browser, installation: Stack) -> DeskPage:
    ines = DeskPage.open(browser, str(installation.run["desk"]))
    ines.page.on("dialog", lambda dialog: dialog.accept())
    ines.sign_in("ines", PASSWORD)
    return ines


def _asked(chat: ChatPage) -> str:
    chat.write(ASK)
    notice = chat.page.locator("article.from-system").filter(has_text=re.compile(r"SUP-\d{6}")).last
    expect(notice).to_be_visible(timeout=SECONDS)
    found = re.search(r"SUP-\d{6}", notice.inner_text())
    assert found
    return found[0]


def _queue(guide: Guide, boss: DeskPage, reference: str) -> None:
    boss.page.get_by_role("link", name=re.compile(f"^{guide.name('Conversations')}")).click()
    row = boss.page.locator("[data-row]", has_text=reference)
    for view, shown in (("En cours", 0), ("Les miennes", 0), ("Closes", 0), ("Toutes", 1), ("En attente", 1)):
        boss.page.get_by_role("link", name=guide.name(view), exact=True).click()
        expect(row).to_have_count(shown)
    boss.page.get_by_label("Référence, dossier, étiquette ou agent").fill(reference)
    boss.page.get_by_role("button", name=guide.name("Filtrer")).click()
    expect(row).to_have_count(1)
    boss.page.locator(".me summary").click()
    boss.page.get_by_role("button", name=guide.name("Son à l’arrivée d’une demande")).click()
    expect(boss.page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    boss.page.locator(".me summary").click()
    row.click()


def _conversation(guide: Guide, boss: DeskPage, ines: DeskPage, chat: ChatPage, reference: str) -> None:
    state = boss.page.locator("#state")
    expect(boss.page.get_by_role("heading", name=re.compile(guide.name("contexte"), re.IGNORECASE))).to_be_visible()
    _button(state, guide.name("Prendre")).click()
    _read(chat, "a rejoint la discussion")
    boss.page.locator("summary", has_text=guide.name("Réponses types")).click()
    boss.page.get_by_role("button", name="Accueil").click()
    _button(boss.page.locator("#composer"), guide.name("Envoyer")).click()
    _read(chat, f"à votre écoute ({reference})")
    expect(boss.page.get_by_label("Réponse à l’utilisateur")).to_have_value("")
    boss.page.locator("summary", has_text=guide.name("Note interne")).click()
    boss.page.get_by_label("Note pour l’équipe").fill("Rappeler à midi")
    boss.page.get_by_role("button", name="Ajouter la note").click()
    expect(boss.page.locator("article.note").filter(has_text="Rappeler à midi")).to_be_visible()
    _open(state, guide.name("Dossier et étiquettes"))
    boss.page.get_by_label("Référence du dossier").fill("SPH-2024-000137")
    boss.page.get_by_label("Étiquettes, séparées").fill("accès")
    _button(state, "Enregistrer").click()
    expect(boss.page.locator(".facts")).to_contain_text("accès")
    _open(state, guide.name("Transférer"))
    boss.page.get_by_label("À", exact=True).select_option(label="Inès")
    _button(state, "Transférer").click()
    _read(chat, "prend la suite")
    ines.page.goto(ines.url)
    ines.open_ticket(reference)
    expect(ines.page.locator("#state")).to_have_attribute("data-mine", "yes")
    assert guide.name("Reprendre à …")
    _button(state, "Reprendre à Inès").click()
    expect(state).to_have_attribute("data-mine", "yes")
    _button(state, guide.name("Rendre à la file")).click()
    _read(chat, "confie votre demande à ses collègues")
    boss.take()
    _open(state, guide.name("Clore"))
    boss.page.get_by_label("Suite donnée").select_option(label="résolu")
    _button(state, "Clore").click()
    _read(chat, "Cette aide vous a-t-elle été utile")
    _button(state, guide.name("Rouvrir")).click()
    expect(state).to_have_attribute("data-mine", "yes")
    boss.close("résolu")


def _requests(guide: Guide, boss: DeskPage, ines: DeskPage, installation: Stack) -> None:
    claire = as_user(installation, CLAIRE)
    first = _wanted(claire, "ajoute le Dr Leïla Benali, cardiologue à Tours, au dossier SPH-2024-000137")
    boss.page.goto(f"{boss.url}/requests/{first}")
    _button(boss.page.locator("main"), guide.name("Créer le compte")).click()
    _button(boss.page.locator("main"), guide.name("Annuler")).click()
    _act(boss.page.locator("main"), guide.name("Demander un complément"), "Exerce-t-elle bien à Tours ?")
    claire.wait_said("Exerce-t-elle bien à Tours")
    claire.last = claire.history()[-1:]
    claire.press(guide.name("Répondre à l’équipe SPHERE"))
    claire.say("oui, à Tours")
    ines.page.goto(f"{ines.url}/requests/{first}")
    expect(ines.page.locator("main")).to_contain_text("Leïla Benali")
    ines.page.goto(f"{ines.url}/requests/{first}")
    _act(ines.page.locator("main"), guide.name("Refuser"), "Elle n'exerce plus.")
    claire.wait_said("n'exerce plus")


def _externally(guide: Guide, boss: DeskPage, browser: Browser, installation: Stack) -> None:
    """A reply to Telegram that names an usager: seen before it is sent, changed, sent masked, or said in the web chat alone."""
    telegram = TelegramTalk(installation)
    telegram.may_be_silent = True
    reference = re.search(r"SUP-(\d{6})", telegram.say(ASK))
    assert reference
    boss.page.goto(f"{boss.url}/conversations/{int(reference[1])}")
    boss.take()
    composer, field = boss.page.locator("#composer"), boss.page.get_by_label("Réponse à l’utilisateur")
    field.fill("Le dossier de Mme Durand est là.")
    _button(composer, "Envoyer").click()
    expect(composer.locator("mark")).to_have_text("[usager]")
    assert violations(boss.page) == []
    field.fill("Le dossier de Mme Durand, née le 12/03/1948, est là.")
    _button(composer, guide.name("Envoyer mon texte modifié")).click()
    expect(composer.locator("mark")).to_have_count(2)
    _button(composer, guide.name("Envoyer avec les masques")).click()
    assert "Durand" not in telegram.wait_said(r"Mme \[usager\], née le \[date de naissance\], est là")
    expect(field).to_have_value("")
    field.fill("C’est le dossier de Mme Durand.")
    field.press("Control+Enter")
    _button(composer, guide.name("Envoyer un lien vers la discussion web")).click()
    told = telegram.wait_said("vous a répondu dans la discussion web")
    expect(composer).to_contain_text("a reçu un lien")
    assert "Durand" not in told
    there = browser.new_context(locale="fr-FR")
    page = there.new_page()
    page.goto(next(link for link in telegram.messages()[-1].links if "#continue=" in link))
    page.get_by_role("button", name="Oui, c’est ma discussion").click()
    expect(page.locator("article .bubble").filter(has_text="C’est le dossier de Mme Durand.")).to_be_visible(timeout=SECONDS)
    there.close()
    boss.close("résolu")


def _duplicates(guide: Guide, boss: DeskPage, installation: Stack) -> None:
    """Two who know nothing of each other open a dossier for the same person."""
    for email in (CLAIRE, KARIM):
        talk = as_user(installation, email)
        answer = talk.say("nouveau dossier pour M. Antoine Lebrun né le 28/02/1941")
        if "Nouveau dossier" not in answer:
            talk.press("Masculin")
        created = talk.say("oui")
        assert "SPH-" in created, created
    boss.page.get_by_role("link", name=guide.name("Doublons")).click()
    done = boss.page.get_by_role("button", name=guide.name("C’est traité"))

    def found() -> bool:
        boss.page.reload()
        return done.count() == 1

    wait_for("the possible duplicate on its page", found)
    assert violations(boss.page) == []
    done.click()
    expect(boss.page.get_by_text("Aucun doublon possible")).to_be_visible()


def _figures(guide: Guide, boss: DeskPage) -> None:
    boss.page.get_by_role("link", name=guide.name("Chiffres")).click()
    today = boss.page.get_by_label(guide.name("Au"), exact=True).input_value()
    boss.page.get_by_label(guide.name("Du"), exact=True).fill(today)
    boss.page.get_by_role("button", name=guide.name("Afficher")).click()
    expect(boss.page.get_by_text(guide.name("Tableau")).first).to_be_visible()
    with boss.page.expect_download():
        boss.page.get_by_role("link", name=guide.name("Télécharger en CSV")).first.click()
    expect(boss.page.get_by_role("heading", name=re.compile(guide.name("phrases que l’assistant n’a pas comprises"), re.I))).to_be_visible()
    sentences = boss.page.locator("#sentences li")
    count = sentences.count()
    sentences.first.get_by_role("button", name=guide.name("Garder")).click()
    expect(sentences).to_have_count(count - 1)
    assert guide.name("Écarter")
    if count > 1:
        sentences.first.get_by_role("button", name="Écarter").click()
        expect(sentences).to_have_count(count - 2)


def _leaving(guide: Guide, boss: DeskPage) -> None:
    boss.page.locator(".me summary").click()
    boss.page.get_by_role("link", name=guide.name("Changer mon mot de passe")).click()
    expect(boss.page.get_by_role("heading", level=1)).to_have_text("Changer mon mot de passe")
    boss.page.locator(".me summary").click()
    boss.page.get_by_role("link", name=guide.name("Relier ma messagerie")).click()
    boss.page.get_by_role("button", name=guide.name("Obtenir un code")).first.click()
    expect(boss.page.get_by_text(re.compile(r"/relier \w+")).first).to_be_visible()
    boss.page.locator(".me summary").click()
    boss.page.get_by_role("link", name=guide.name("Mes connexions")).click()
    expect(boss.page.get_by_text("ce navigateur")).to_be_visible()
    boss.page.locator(".me summary").click()
    boss.page.get_by_role("link", name=guide.name("Second facteur")).click()
    expect(boss.page.get_by_role("button", name=guide.name("Mettre en place"))).to_be_visible()
    boss.page.get_by_role("button", name=guide.name("Se déconnecter")).click()
    expect(boss.page.get_by_label("Mot de passe")).to_be_visible()
    expect(boss.page.get_by_label(guide.name("Poste partagé"))).to_be_visible()


def _wanted(claire: Talk, words: str) -> str:
    claire.say(words)
    claire.press("accord de l’usager recueilli")
    return wait_for("a request", lambda: next(iter(re.findall(r"DC-\d{4}-\d{6}", str(claire.history()))), None))


def _button(where: Locator, name: str) -> Locator:
    return where.get_by_role("button", name=name, exact=True)


def _open(where: Locator, name: str) -> None:
    where.locator("summary", has_text=name).click()


def _act(where: Locator, name: str, text: str) -> None:
    """A decision with a text, in the form that its name opens."""
    form = where.locator("details", has_text=name)
    form.locator("summary").click()
    form.locator("textarea").fill(text)
    form.get_by_role("button").click()


def _read(chat: ChatPage, text: str) -> None:
    expect(chat.page.locator("article .bubble").filter(has_text=text).last).to_be_visible(timeout=SECONDS)
