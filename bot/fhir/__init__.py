"""FHIR R4 over HTTP: the client, its errors, and operations on the platform that are retried."""
