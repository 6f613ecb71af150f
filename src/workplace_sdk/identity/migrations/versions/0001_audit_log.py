"""The audit log, and the triggers that keep it append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE = (
    """CREATE TRIGGER audit_log_keep BEFORE UPDATE ON audit_log
       WHEN NEW.at IS NOT OLD.at OR NEW.outcome IS NOT OLD.outcome OR NEW.operation IS NOT OLD.operation
         OR NEW.connection IS NOT OLD.connection OR NEW.key IS NOT OLD.key OR NEW.error IS NOT OLD.error
         OR (NEW.caller IS NOT OLD.caller AND NEW.caller NOT LIKE 'erased:%')
         OR (NEW.subject IS NOT OLD.subject AND NEW.subject NOT LIKE 'erased:%')
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_stay BEFORE DELETE ON audit_log
       WHEN OLD.at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-365 days')
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'DELETE' THEN
           IF OLD.at > to_char((now() AT TIME ZONE 'UTC') - interval '365 days', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN
             RAISE EXCEPTION 'the audit log is append-only';
           END IF;
           RETURN OLD;
         END IF;
         IF (NEW.at, NEW.outcome, NEW.operation, NEW.connection, NEW.key, NEW.error)
            IS DISTINCT FROM (OLD.at, OLD.outcome, OLD.operation, OLD.connection, OLD.key, OLD.error)
            OR (NEW.caller IS DISTINCT FROM OLD.caller AND NEW.caller NOT LIKE 'erased:%')
            OR (NEW.subject IS DISTINCT FROM OLD.subject AND NEW.subject NOT LIKE 'erased:%') THEN
           RAISE EXCEPTION 'the audit log is append-only';
         END IF;
         RETURN NEW;
       END $$""",
    "CREATE TRIGGER audit_log_guard BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_guard()",
)


def upgrade() -> None:
    names = ("outcome", "operation", "caller", "subject", "connection", "acts_as", "key", "error")
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=name not in ("outcome", "operation")) for name in names),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_key", "audit_log", ["key"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)
