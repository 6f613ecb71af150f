"""Alembic environment of the local store."""

from workplace_sdk.wires.sql import run_migrations

run_migrations()
