"""What every part of the service builds on: clock, database, errors, audit trail, encryption, mail. It imports no other part."""
