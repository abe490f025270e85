#!/bin/sh
# Runs once, when the database volume is new: the application's role, which is no superuser,
# and its database.
set -eu
psql --username "$POSTGRES_USER" --set ON_ERROR_STOP=1 --set password="$RAPPORT_PASSWORD" <<'SQL'
CREATE ROLE rapport LOGIN PASSWORD :'password';
CREATE DATABASE rapport OWNER rapport;
SQL
