"""The embedded demo platform: a FHIR R4 server with invented data, and a mailbox that catches every e-mail."""
