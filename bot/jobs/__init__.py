"""Work that must survive a crash: jobs with leases, attempts, retries and dead letters, in tables of the database."""
