"""What can go wrong with a FHIR server. Of what it answers only statuses and codes are kept: its texts may quote the data."""

from __future__ import annotations


class FhirError(Exception):
    """The FHIR server did not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class FhirUnavailable(FhirError):
    """The FHIR server cannot be reached, or its answer makes no sense: try again later.

    `retry_after`: the seconds after which it wants to be asked again, where it says so.
    """

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FhirUnauthorized(FhirUnavailable):
    """The FHIR server refuses our access: whoever runs the installation has to mend it, and what waits goes on then by itself.

    `status`: the HTTP status, where the server itself refused it.
    """

    def __init__(self, message: str | None = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class FhirConflict(FhirError):
    """Somebody else changed the resource, or several match: read again."""


class FhirNotFound(FhirError):
    """The FHIR server does not have this resource."""


class FhirRejected(FhirError):
    """The FHIR server refuses the request as wrong: ours to repair.

    `status` is the HTTP status, `codes` the issue codes of its OperationOutcome (never its texts: they may quote the data).
    """

    def __init__(self, status: int = 400, codes: tuple[str, ...] = ()) -> None:
        super().__init__(f"The FHIR server refuses the request: {status} {', '.join(codes)}".strip())
        self.status = status
        self.codes = codes
