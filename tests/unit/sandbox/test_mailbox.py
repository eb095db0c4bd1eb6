"""Mails are caught, decoded, shown, and kept over a restart."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox


@pytest.mark.parametrize("cte", ["quoted-printable", "base64"])
def test_mails_are_caught_and_decoded(sandbox: Sandbox, cte: str) -> None:
    sandbox.http.delete(f"{sandbox.url}/mailbox")
    for number in (1, 2):
        message = EmailMessage()
        message["From"] = "Équipe SPHERE <assistant@sphere.example>"
        message["To"] = "claire.moreau@sphere.example"
        message["Subject"] = f"Votre code à usage unique, envoyé n° {number}"
        message.set_content(f"Voici l’accès demandé :\n<b>{number}</b>\n", cte=cte)
        with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
            smtp.send_message(message)
    mails = httpx.get(f"{sandbox.url}/mailbox", trust_env=False).json()["mails"]
    assert [mail["subject"][-1] for mail in mails] == ["2", "1"]
    assert mails[0]["subject"] == "Votre code à usage unique, envoyé n° 2"
    assert mails[0]["text"] == "Voici l’accès demandé :\n<b>2</b>\n"
    assert (mails[0]["from"], mails[0]["to"]) == ("assistant@sphere.example", ["claire.moreau@sphere.example"])
    page = httpx.get(f"{sandbox.url}/mailbox/", headers={"Accept": "text/html"}, trust_env=False)
    assert "&lt;b&gt;2&lt;/b&gt;" in page.text
    assert "<b>" not in page.text
    assert httpx.delete(f"{sandbox.url}/mailbox", trust_env=False).status_code == 204
    assert httpx.get(f"{sandbox.url}/mailbox", trust_env=False).json() == {"mails": []}


def test_mails_are_kept_over_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox, smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
        smtp.sendmail("a@sphere.example", ["b@sphere.example"], "Subject: garde\r\n\r\ntexte\r\n")
    with running_sandbox(tmp_path) as again:
        assert [mail["subject"] for mail in again.http.get(f"{again.url}/mailbox").json()["mails"]] == ["garde"]
