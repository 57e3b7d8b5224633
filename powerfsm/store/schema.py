"""The tables as they are now; `migrations/` tells how a file of any earlier version gets there.

Definition and power state of a node share a row, because every step of a node writes one row and a start
reads them all.  Nothing points at anything by foreign key: operations and journal outlive the nodes they tell of.
Enumerations are stored as the words that people see, times as seconds since the epoch, structures as JSON text.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from powerfsm.store.sqlite import make_append_only

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite takes a primary key for its row number, which costs no index, only where it is called INTEGER.
_Serial = BigInteger().with_variant(Integer(), "sqlite")

node = Table(
    "node",
    metadata,
    # The key comes first and then the address: `writing` tells the columns that rarely change from the rest.
    Column("name", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("credentials", Text, nullable=False),
    Column("cipher_suite", Integer),
    Column("privilege", Text, nullable=False),
    Column("driver", Text, nullable=False),
    Column("drift", Text, nullable=False),
    Column("ranking", Text, nullable=False),
    Column("inrush_group", Text),
    Column("timings", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("desired", Text),
    Column("generation", BigInteger, nullable=False),
    Column("observed", Text),
    Column("observed_at", Double),
    Column("drifted", Boolean, nullable=False),
    Column("in_play", BigInteger),
    Column("waiting", BigInteger),
    Column("trouble", Text),
    UniqueConstraint("host", "port"),
)

operation = Table(
    "operation",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=False),
    Column("node", Text, nullable=False),
    Column("ask", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("commanded", Boolean, nullable=False),
    Column("reason", Text),
    Column("ended_at", Double),
    # A start asks for those that have not ended, people ask for the failed ones: both are questions of status.
    Index(None, "status", "id"),
    Index(None, "node", "id"),
)

session = Table(
    "session",
    metadata,
    Column("node", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("command", Text),
    Column("opened_at", Double, nullable=False),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("operations", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index(None, "at"),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("node", Text),
    Column("event", Text, nullable=False),
    Column("operation", BigInteger),
    Column("generation", BigInteger),
    Column("before", Text),
    Column("after", Text),
    Column("detail", Text),
    Index(None, "node", "seq"),
)

event.listen(journal, "after_create", make_append_only)
