"""Material of granting turns: partners with an account, and a dossier put back as it was after each grant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx

from bot.accounts.registry import RPPS_SYSTEM
from tests.stack import Stack

DOSSIER = "SPH-2024-000137"


class Grants:
    """Whom Claire gives access to her dossier."""

    def __init__(self, stack: Stack) -> None:
        run = stack.run
        headers = {"Authorization": f"Bearer {run['fhir_token']}"}
        self._fhir = httpx.Client(base_url=str(run["fhir"]), headers=headers, timeout=10, trust_env=False)
        patient = self._only("Patient", identifier=DOSSIER)
        self._team = self._only("CareTeam", patient=f"Patient/{patient['id']}", status="active")
        self._before: list[dict[str, Any]] = self._team["participant"]
        self._people = cycle(list(self._outsiders()))

    def _search(self, kind: str, **wanted: str) -> list[dict[str, Any]]:
        found = self._fhir.get(f"/{kind}", params=wanted).raise_for_status().json()
        return [entry["resource"] for entry in found.get("entry", [])]

    def _only(self, kind: str, **wanted: str) -> dict[str, Any]:
        (found,) = self._search(kind, **wanted)
        return found

    def _outsiders(self) -> Iterator[tuple[str, str]]:
        members = " ".join(seat["member"]["display"] for seat in self._before)
        for person in self._search("Practitioner", active="true", _count="200"):
            rpps = next((i["value"] for i in person["identifier"] if i["system"] == RPPS_SYSTEM), None)
            name = person["name"][0]
            if rpps and name["family"] not in members:
                yield f"{name['given'][0]} {name['family']}", str(rpps)

    def request(self) -> str:
        """The next request: asks for a partner who has an account and no access yet."""
        name, rpps = next(self._people)
        return f"ajoute {name}, RPPS {rpps}, au dossier {DOSSIER}"

    def put_back(self) -> None:
        """Take away what was granted, as if it had never been."""
        path = f"/CareTeam/{self._team['id']}"
        now = self._fhir.get(path).raise_for_status()
        body = now.json() | {"participant": self._before}
        self._fhir.put(path, json=body, headers={"If-Match": now.headers["etag"]}).raise_for_status()

    def close(self) -> None:
        """Close the connection."""
        self._fhir.close()
