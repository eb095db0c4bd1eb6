"""The support desk as an agent uses it in a browser: what the browser tests and the screenshots share."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Locator, expect

from tests.browser.watched import WatchedPage

DESKTOP = {"width": 1280, "height": 860}
SECONDS = 60_000


class DeskPage(WatchedPage):
    """One agent's browser. `url`: where the desk is."""

    url: str

    @classmethod
    def open(cls, browser: Browser, url: str, **context_options: Any) -> DeskPage:
        desk = cls.visit(browser, url, **{"viewport": DESKTOP, **context_options})
        desk.url = url
        desk.page.set_default_timeout(SECONDS)
        return desk

    def sign_in(self, login: str, password: str) -> None:
        """On the sign-in page, on to the queue."""
        self.page.get_by_label("Identifiant").fill(login)
        self.page.get_by_label("Mot de passe").fill(password)
        self.complaints.clear()  # Chromium tells of the 401 that the page came with
        self.page.get_by_role("button", name="Se connecter", exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-row]")

    @property
    def items(self) -> Locator:
        return self.page.locator("#items > article")

    def open_ticket(self, reference: str) -> None:
        """From the queue, which is there already."""
        row, heading = self.page.locator("[data-row]", has_text=reference), self.page.get_by_role("heading", level=1)
        row.click()
        expect(heading).to_have_text(reference)

    def take(self) -> None:
        self.page.get_by_role("button", name="Prendre", exact=True).click()
        expect(self.page.locator("#state")).to_have_attribute("data-mine", "yes")

    def reply(self, text: str) -> None:
        """Send a reply; it is over when it stands in the thread."""
        self.page.get_by_label("Réponse à l’utilisateur").fill(text)
        self.page.get_by_role("button", name="Envoyer", exact=True).click()
        expect(self.items.filter(has_text=text).last).to_be_visible()
        expect(self.page.get_by_label("Réponse à l’utilisateur")).to_have_value("")

    def note(self, text: str) -> None:
        form = self.page.locator(".note-form")
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        self.page.get_by_label("Note pour l’équipe").fill(text)
        self.page.get_by_role("button", name="Ajouter la note").click()
        expect(self.page.locator("article.note").filter(has_text=text)).to_be_visible()

    def close(self, outcome: str) -> None:
        self.page.locator("summary", has_text="Clore").click()
        self.page.get_by_label("Suite donnée").select_option(label=outcome)
        self.page.locator("#state").get_by_role("button", name="Clore", exact=True).click()
        expect(self.page.locator("#state")).to_have_attribute("data-state", "closed")
