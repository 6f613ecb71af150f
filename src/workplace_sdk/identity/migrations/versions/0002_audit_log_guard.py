"""The guard of the audit log lets nobody be left out, and holds against TRUNCATE; acts_as and id stay as they are too."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEPT = ("id", "at", "outcome", "operation", "connection", "acts_as", "key", "error")
_PEOPLE = ("caller", "subject")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        changed = [f"NEW.{name} IS NOT OLD.{name}" for name in _KEPT]
        changed += [f"(NEW.{name} IS NOT OLD.{name} AND COALESCE(NEW.{name}, '') NOT LIKE 'erased:%')" for name in _PEOPLE]
        statements = [
            "DROP TRIGGER audit_log_keep",
            f"""CREATE TRIGGER audit_log_keep BEFORE UPDATE ON audit_log WHEN {" OR ".join(changed)}
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        ]
    else:
        changed = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT]
        changed += [
            f"(NEW.{name} IS DISTINCT FROM OLD.{name} AND COALESCE(NEW.{name}, '') NOT LIKE 'erased:%%')" for name in _PEOPLE
        ]
        statements = [
            f"""CREATE OR REPLACE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP = 'TRUNCATE' THEN
                RAISE EXCEPTION 'the audit log is append-only';
              END IF;
              IF TG_OP = 'DELETE' THEN
                IF OLD.at > to_char((now() AT TIME ZONE 'UTC') - interval '365 days', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN
                  RAISE EXCEPTION 'the audit log is append-only';
                END IF;
                RETURN OLD;
              END IF;
              IF {" OR ".join(changed)} THEN
                RAISE EXCEPTION 'the audit log is append-only';
              END IF;
              RETURN NEW;
            END $$""",
            "CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard()",
        ]
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
