#!/bin/sh
# Rasa's own role and database: it reads nothing of the assistant's. Run once, as the superuser of a new cluster.
set -eu
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" --set password="$RASA_POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE rasa LOGIN PASSWORD :'password';
CREATE DATABASE rasa OWNER rasa ENCODING 'UTF8';
REVOKE ALL ON DATABASE rasa FROM PUBLIC;
SQL
