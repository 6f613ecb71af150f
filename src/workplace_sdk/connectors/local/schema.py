"""Tables that all local services share: people, files, comments, and the keys of writes."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# SQLAlchemy leaves the types of JSON and foreign key columns open.
from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.columns import Instant

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

people: Final = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("employee_number", sa.Text, unique=True),
    sa.Column("login", sa.Text, unique=True),  # logins and addresses are stored case-folded
    sa.Column("email", sa.Text, unique=True),
    sa.Column("dn", sa.Text),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("given_name", sa.Text),
    sa.Column("family_name", sa.Text),
    sa.Column("job_title", sa.Text),
    sa.Column("organisation", sa.Text),  # unit path, outermost first, separated by ' / '
    sa.Column("site", sa.Text),
    sa.Column("room", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("mobile", sa.Text),
    sa.Column("chat", sa.Text),
    sa.Column("about", sa.Text),
    sa.Column("languages", sa.JSON),  # list of BCP 47 tags, each with its level after a colon where it is known: en:B2
    sa.Column("topics", sa.JSON),  # list of SkillClaim
    sa.Column("responsibilities", sa.JSON),  # list of strings: first-aider, key user of ...
    sa.Column("visibility", sa.Text, nullable=False, server_default="everyone"),
    sa.Column("manager_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("backup_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("cost_centre", sa.Text),
    sa.Column("zone", sa.Text),  # IANA name; the organisation's when null
    sa.Column("region", sa.Text),  # ISO 3166 country or country-subdivision whose public holidays apply
    sa.Column("started_on", sa.Date),
    sa.Column("left_on", sa.Date),  # last day of employment
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("changed_at", Instant),
    sa.Column("reach", sa.JSON),  # list of ReachOption; null: as the columns say
)

files: Final = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # of the record it belongs to: leave, expense_line, receipt, incident, comment
    sa.Column("record_id", sa.Integer),  # null: not yet attached to anything
    sa.Column("owner_id", sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_files_kind_record_id", "kind", "record_id"),
)

comments: Final = sa.Table(
    "comments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("record_id", sa.Integer, nullable=False),
    sa.Column("author_id", sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("at", Instant, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_comments_kind_record_id", "kind", "record_id"),
)

writes: Final = sa.Table(
    "writes",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("record_id", sa.Integer),
    sa.Column("at", Instant, nullable=False),
    sa.Column("fingerprint", sa.Text),  # of what was asked for; null: not kept
    sa.Index("ix_writes_operation_record_id", "operation", "record_id"),
)
