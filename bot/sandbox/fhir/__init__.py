"""The stand-in for the platform: a FHIR R4 server with invented data."""
