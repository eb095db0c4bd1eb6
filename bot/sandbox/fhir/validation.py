"""What a body must be to be stored: a resource of its type, by the R4B models, codes of required value sets included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B.careteam import CareTeam
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from pydantic import BaseModel, ValidationError

from bot.sandbox.fhir.operation_outcomes import FhirProblem

MODELS: dict[str, type[BaseModel]] = {
    "Patient": Patient,
    "CareTeam": CareTeam,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Organization": Organization,
}
"""The types that the sandbox holds."""


def validate(kind: str, body: Any) -> None:
    """Raises FhirProblem: 400 where `body` is no resource of type `kind`, 422 where it breaks the type's rules."""
    if not isinstance(body, dict) or "resourceType" not in body:
        raise FhirProblem(400, "structure", "the body is not a FHIR resource")
    if body["resourceType"] != kind:
        raise FhirProblem(400, "invalid", f"the body is not a {kind}", expression="resourceType")
    try:
        model = MODELS[kind].model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join([kind, *(str(part) for part in first["loc"])])
        raise FhirProblem(422, "structure", first["msg"], expression=where) from None
    for where in _wrong_codes(model, kind):
        raise FhirProblem(422, "code-invalid", "not a code of the required value set", expression=where)


def _wrong_codes(model: BaseModel, where: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        extra = field.json_schema_extra
        allowed = extra.get("enum_values") if isinstance(extra, dict) else None
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, BaseModel):
                yield from _wrong_codes(item, f"{where}.{name}")
            elif isinstance(allowed, list) and item is not None and item not in allowed:
                yield f"{where}.{name}"
