"""Alembic environment of the audit log's table."""

from workplace_sdk.wires.sql import run_migrations

run_migrations()
