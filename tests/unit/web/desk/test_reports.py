"""The figures: what they say of what happened, to supervisors alone, as page and as CSV; and sentences kept for training."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from pathlib import Path

import httpx
from ruamel.yaml import YAML

from bot.support.misunderstood_messages import kept_sentences, training_file
from bot.support.records import Outcome
from tests.unit.support.running_desk import ASK, MARIE, SupportBot
from tests.unit.web.desk.running_desk import AgentBrowser, RunningDesk, running_desk


def table(answer: httpx.Response) -> dict[str, dict[str, str]]:
    """A CSV by name of row, then of column."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(answer.text[1:]), delimiter=";"))
    return {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}


async def boss_of(desk: RunningDesk) -> AgentBrowser:
    return await desk.agent_browser("boss", "Solène", supervisor=True)


async def helped(support_bot: SupportBot) -> None:
    """One ticket: taken after 4 minutes, answered after 6, closed after 16, useful; another one that waits."""
    chat, ticket = await support_bot.open_ticket()
    support_bot.clock.advance(timedelta(minutes=4))
    await support_bot.desk.take(ticket.id, MARIE)
    support_bot.clock.advance(timedelta(minutes=2))
    await support_bot.desk.reply(ticket.id, MARIE, "Voilà.", key="1")
    support_bot.clock.advance(timedelta(minutes=10))
    await support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED, tags=["=SOMME(A1)", "accès"])
    closed = (await chat.history())[-1]
    await chat.press(next(button["token"] for button in closed["buttons"] if button["title"] == "Utile"))
    await support_bot.open_ticket()


async def test_what_happened_is_counted(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await helped(desk.support_bot)
        boss = await boss_of(desk)
        days = table(await boss.open("/desk/figures/days.csv"))
        assert len(days) == 30
        today = days["25/11/2026"]
        counts = {name: today[name] for name in ("Demandes", "Prises", "Répondues", "Closes", "En attente", "Avis", "Avis favorables")}
        assert list(counts.values()) == ["2", "1", "1", "1", "1", "1", "1"]
        assert today["Attente (médiane), en secondes"] == "240"
        assert today["Première réponse (médiane), en secondes"] == "360"
        assert today["Clôture (9 sur 10), en secondes"] == "960"
        assert days["24/11/2026"]["Demandes"] == "0"
        assert days["24/11/2026"]["Attente (médiane), en secondes"] == ""
        assert table(await boss.open("/desk/figures/all.csv"))["toutes les demandes"]["Clôture (médiane), en secondes"] == "960"
        hours = table(await boss.open("/desk/figures/hours.csv"))
        assert (hours["10 h"]["Demandes"], hours["9 h"]["Demandes"]) == ("2", "0")  # 9h UTC is 10h in Paris
        assert table(await boss.open("/desk/figures/tasks.csv"))["ajouter un partenaire"]["Demandes"] == "2"
        assert table(await boss.open("/desk/figures/reasons.csv"))["a demandé une personne"]["Demandes"] == "2"
        assert table(await boss.open("/desk/figures/queues.csv"))["Technique"]["Demandes"] == "0"
        assert set(table(await boss.open("/desk/figures/tags.csv"))) == {"'=SOMME(A1)", "accès"}  # no formula for a spreadsheet
        assert table(await boss.open("/desk/figures/channels.csv"))["discussion web"]["Demandes"] == "2"
        page = await boss.open("/desk/figures")
        assert page.status_code == 200
        text = html.unescape(page.text)
        assert "=SOMME(A1)" in text
        assert page.text.count('<ol class="bars">') == 11
        assert page.text.count('<table class="grid">') == 10


async def test_a_period_is_what_is_asked_for(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await helped(desk.support_bot)
        boss = await boss_of(desk)
        for query, days in (
            ("?from=2026-11-25&to=2026-11-25", 1),
            ("?from=2026-11-26&to=2026-11-24", 3),
            ("?from=2020-01-01&to=2026-11-25", 366),
            ("?from=x&to=%00", 30),
        ):
            assert len(table(await boss.open(f"/desk/figures/days.csv{query}"))) == days
        assert table(await boss.open("/desk/figures/tasks.csv?from=2026-11-01&to=2026-11-24")) == {}
        assert "Rien sur cette période" in (await boss.open("/desk/figures?from=2026-11-01&to=2026-11-24")).text
        assert (await boss.open("/desk/figures/passwords.csv")).status_code == 404


async def test_what_the_assistant_solves_alone(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        support_bot = desk.support_bot
        support_bot.bot.rasa.intents |= {"merci": "thank", "blabla": "nlu_fallback", "hors sujet": "out_of_scope"}
        for course in (
            ["bonjour"],
            ["aide", "blabla", "bonjour"],
            ["bonjour", "merci"],
            ["bonjour", "blabla"],
            ["hors sujet"],
            ["bonjour", ASK],
        ):
            chat = await support_bot.chat()
            for text in course:
                await chat.say(text)
        support_bot.bot.rasa.statuses = [422]
        await (await support_bot.chat()).say("bonjour")
        boss = await boss_of(desk)
        found = table(await boss.open("/desk/figures/assistant.csv"))
        assert {name: row["Nombre"] for name, row in found.items()} == {
            "résolues, confirmé": "1",
            "résolues, présumé": "2",
            "non résolues\u00a0: une personne a été demandée": "1",
            "non résolues\u00a0: les derniers mots n’ont pas été compris": "2",
            "non résolues\u00a0: une erreur pour finir": "1",
        }
        assert found["résolues, présumé"]["Part (%)"] == "29"


async def test_only_supervisors_see_them(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        seal = await ines.csrf_token()
        assert "Chiffres" not in (await ines.open()).text
        for path in ("/desk/figures", "/desk/figures/days.csv"):
            assert (await ines.open(path)).status_code == 403
        for act in ("keep", "away"):
            answer = await ines.http.post(f"/desk/figures/sentences/1/{act}", data={"seal": seal, "text": "bonjour"})
            assert answer.status_code == 403
        assert not desk.support_bot.bot.settings.sentences_file.exists()


async def test_a_sentence_is_kept_anonymous_once_or_put_away(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        support_bot = desk.support_bot
        said = ("virez le Dr Benali du 137", "<i>zut</i> alors", "Virez le Dr Martin du 12")
        support_bot.bot.rasa.intents |= dict.fromkeys(said, "nlu_fallback")
        chat = await support_bot.chat()
        for text in (*said, "bonjour"):
            await chat.say(text)
        boss = await boss_of(desk)
        page = (await boss.open("/desk/figures")).text
        assert "&lt;i&gt;zut" in page
        forms = dict(re.findall(r'action="(/desk/figures/sentences/\d+)/keep[^"]*".*?value="([^"]*)" maxlength', page, re.DOTALL))
        kept = {html.unescape(text): path for path, text in forms.items()}
        assert set(kept) == {"virez le Dr [nom] du [nombre]", "<i>zut</i> alors", "Virez le Dr [nom] du [nombre]"}

        async def act(path: str, name: str, **fields: str) -> int:
            return (await boss.http.post(f"{path}/{name}", data={"seal": await boss.csrf_token(), **fields})).status_code

        first = kept["virez le Dr [nom] du [nombre]"]
        assert await act(first, "keep", text="  ") == 422
        assert await act(first, "keep", text="virez le Dr Benali du 137: vite") == 303  # what was put back is masked again
        assert await act(first, "keep", text="virez le Dr Benali du 137: vite") == 303
        assert await act(kept["<i>zut</i> alors"], "away") == 303
        assert await act("/desk/figures/sentences/x", "keep", text="a") == 404
        assert await act(first, "publish", text="a") == 404
        page = (await boss.open("/desk/figures")).text
        assert page.count("/keep?") == 1
        file = support_bot.bot.settings.sentences_file
        read = YAML(typ="safe").load(file.read_text("utf-8"))
        assert read["nlu"][0]["examples"] == "- virez le Dr [nom] du [nombre]: vite\n"
        assert file.stat().st_mode & 0o077 == 0
        sentences = await kept_sentences(support_bot.bot.parts.database)  # what another machine has of it
        assert YAML(typ="safe").load(training_file(sentences))["nlu"][0]["examples"] == "- virez le Dr [nom] du [nombre]: vite\n"


async def test_requests_for_accounts_are_counted_by_state_and_age(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        boss = await boss_of(desk)
        found = table(await boss.open("/desk/figures/requests.csv"))
        assert list(found) == ["reçue", "à vérifier", "complément demandé", "compte créé", "refusée", "retirée par le demandeur"]
        assert set(found["reçue"].values()) == {"reçue", "0"}
