"""Alembic environment of the table of planned meetings."""

from workplace_sdk.wires.sql import run_migrations

run_migrations()
