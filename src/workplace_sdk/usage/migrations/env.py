"""Alembic environment of the table of hand-offs."""

from workplace_sdk.wires.sql import run_migrations

run_migrations()
