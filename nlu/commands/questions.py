"""The question on the table, in the words of the contract of commands: from the dialogue's active form and requested slot."""

from __future__ import annotations

_OF_SLOT = {
    "partner": "partner", "line_person": "partner", "member": "partner", "dossier": "dossier",
    "partner_email": "email", "login_email": "email", "login_code": "code",
    "confirmed": "confirm", "undo_confirmed": "confirm", "fiche_mode": "choice",
    "professional_query": "partner", "usager_query": "dossier", "usager_family": "birth_name",
    "usager_given": "given_names", "usager_birth_date": "birth_date", "usager_sex": "sex", "fiche_civility": "civility",
    "fiche_profession": "profession", "fiche_rpps": "rpps", "fiche_organization": "organization", "fiche_city": "city",
    "fiche_email": "email", "fiche_phone": "phone", "fiche_family": "partner", "fiche_given": "partner", "wish": "confirm",
}  # fmt: skip
"""Slots that forms ask for, and how the contract calls the question."""
_TASK = {"change_team": "add_partner"}
"""Tasks whose questions are those of another one that commands know."""


def question_of(form: str | None, slot: str | None) -> dict[str, str]:
    """Return the task under way and its question, empty where nothing is asked.

    The basis of an addition is asked by its card, which a yes confirms.
    """
    if not form:
        return {}
    task = form.removesuffix("_form")
    task = _TASK.get(task, task)
    if slot == "basis":
        return {"task": task, "question": "confirm" if task == "add_partner" else "basis"}
    return {"task": task, "question": _OF_SLOT.get(slot or "", "")}
