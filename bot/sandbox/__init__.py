"""Stand-ins for outside systems: FHIR platform with invented data, mailbox, Telegram, Teams."""
