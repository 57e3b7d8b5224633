"""The first schema: nodes, operations, sessions in use, idempotency keys, and the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, their indexes, and the triggers that make the journal append-only."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "node",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("credentials", sa.Text, nullable=False),
        sa.Column("cipher_suite", sa.Integer),
        sa.Column("privilege", sa.Text, nullable=False),
        sa.Column("driver", sa.Text, nullable=False),
        sa.Column("drift", sa.Text, nullable=False),
        sa.Column("ranking", sa.Text, nullable=False),
        sa.Column("inrush_group", sa.Text),
        sa.Column("timings", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("desired", sa.Text),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("observed", sa.Text),
        sa.Column("observed_at", sa.Double),
        sa.Column("drifted", sa.Boolean, nullable=False),
        sa.Column("in_play", sa.BigInteger),
        sa.Column("waiting", sa.BigInteger),
        sa.Column("trouble", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_node"),
        sa.UniqueConstraint("host", "port", name="uq_node_host_port"),
    )
    op.create_table(
        "operation",
        sa.Column("id", serial, nullable=False, autoincrement=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("ask", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Double, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("leg", sa.Integer, nullable=False),
        sa.Column("commanded", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("ended_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_operation"),
    )
    op.create_index("ix_operation_status_id", "operation", ["status", "id"])
    op.create_index("ix_operation_node_id", "operation", ["node", "id"])
    op.create_table(
        "session",
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("command", sa.Text),
        sa.Column("opened_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("node", "id", name="pk_session"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("operations", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_at", "idempotency_key", ["at"])
    op.create_table(
        "journal",
        sa.Column("seq", serial, nullable=False, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("node", sa.Text),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("operation", sa.BigInteger),
        sa.Column("generation", sa.BigInteger),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
    )
    op.create_index("ix_journal_node_seq", "journal", ["node", "seq"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
