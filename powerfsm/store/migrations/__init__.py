"""From a file of any earlier version to the tables of `schema`, one step per change.

Each step is a module in `versions/`, named for what it brings; `revision` and `down_revision` make the order.  A
step that was released is never edited: files out there went through it as it was.  So it spells its tables
out and imports nothing of ours.  There are no downgrades: a file knows more than an older version could
keep, and the way back is the copy from before.

All steps that a file needs run in one transaction: a crash in their middle leaves the file as it was.
"""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config() -> Config:
    config = Config()
    # Values of a configuration are interpolated: a percent sign in the path of the installation is no option.
    config.set_main_option("script_location", str(files(__name__)).replace("%", "%%"))
    return config


@cache
def _steps() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def newest() -> str:
    """The revision of `schema`."""
    head = _steps().get_current_head()
    assert head is not None, "there is a first revision"
    return head


def current(connection: Connection) -> str | None:
    """The revision of the file behind `connection`; None where it has no tables yet."""
    return MigrationContext.configure(connection).get_current_revision()


def unknown(revision: str) -> bool:
    """Whether this version has never heard of `revision`."""
    return all(known.revision != revision for known in _steps().walk_revisions())


def upgrade(connection: Connection, to: str = "head") -> None:
    """Take the file to revision `to`, within the transaction of `connection`."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
