"""Validation of resources by the R4B models of `fhir.resources`, with the codes of required value sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.careteam import CareTeam
from fhir.resources.R4B.linkage import Linkage
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from fhir.resources.R4B.relatedperson import RelatedPerson
from fhir.resources.R4B.subscription import Subscription
from pydantic import BaseModel, ValidationError

from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError

MODELS: dict[str, type[BaseModel]] = {
    "Patient": Patient,
    "CareTeam": CareTeam,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Organization": Organization,
    "RelatedPerson": RelatedPerson,
    "Linkage": Linkage,
    "Subscription": Subscription,
}
"""Models of the resource types that the sandbox holds."""


def validate_resource(resource_type: str, body: Any) -> None:
    """Raise OperationOutcomeError unless `body` is a valid resource: 400 for another type or none, 422 for what the model refuses."""
    if not isinstance(body, dict) or "resourceType" not in body:
        raise OperationOutcomeError(400, "structure", "the body is not a FHIR resource")
    if body["resourceType"] != resource_type:
        raise OperationOutcomeError(400, "invalid", f"the body is not a {resource_type}", expression="resourceType")
    _validate(MODELS[resource_type], resource_type, body)


def validate_bundle(body: Any) -> None:
    """Raise OperationOutcomeError unless `body` is a transaction or a batch; the resources within are validated one by one later on."""
    if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
        raise OperationOutcomeError(400, "structure", "the body is not a Bundle")
    if body.get("type") not in ("transaction", "batch"):
        raise OperationOutcomeError(422, "not-supported", "only transaction and batch", expression="Bundle.type")
    entries = body.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OperationOutcomeError(422, "structure", "entries are a list", expression="Bundle.entry")
    bare = [{name: value for name, value in entry.items() if name != "resource"} for entry in entries]
    _validate(Bundle, "Bundle", {**body, "entry": bare} if bare else body)


def _validate(model_type: type[BaseModel], resource_type: str, body: Any) -> None:
    try:
        model = model_type.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join([resource_type, *(str(part) for part in first["loc"])])
        raise OperationOutcomeError(422, "structure", first["msg"], expression=path) from None
    for path in _wrong_codes(model, resource_type):
        raise OperationOutcomeError(422, "code-invalid", "not a code of the required value set", expression=path)


def _wrong_codes(model: BaseModel, path: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        extra = field.json_schema_extra
        allowed = extra.get("enum_values") if isinstance(extra, dict) else None
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, BaseModel):
                yield from _wrong_codes(item, f"{path}.{name}")
            elif isinstance(allowed, list) and item is not None and item not in allowed:
                yield f"{path}.{name}"
