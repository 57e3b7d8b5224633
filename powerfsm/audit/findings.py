"""What an audit can find, by name, and how it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Row = tuple[
    int, float, str, str | None, str, int | None, int | None, str | None, str | None, Mapping[str, object] | None
]
"""An entry of the journal as a plain tuple: the members of `powerfsm.journal.Entry`, in their order."""


class Check(StrEnum):
    """What is held against the model; `about` says it in a sentence."""

    about: str

    def __new__(cls, name: str, about: str) -> Self:
        """A check, with the sentence about it."""
        check = str.__new__(cls, name)
        check._value_ = name
        check.about = about
        return check

    WORDS = "words", "Every entry is of a kind, an event and a form that the journal has."
    SEQUENCE = "sequence", "Entries are numbered one after the other, without gap or repetition."
    RECOVERY = (
        "recovery",
        "A start takes up every node whose work had not ended, before anything else, and only a start does.",
    )
    END = "end", "After the daemon has begun to end, nothing is asked of it any more."
    FLEET = (
        "fleet",
        "A node is added once, and changed or removed only at rest; nothing is told of one that is not there.",
    )
    CHAIN = "chain", "Each step of a node begins in the state in which the one before it ended."
    STEP = "step", "Each step of a node is one that the machine `node` allows under the guards that hold."
    DEFECT = "defect", "No event was rejected: a rejected event is a defect of the daemon."
    GENERATION = "generation", "The generation grows by one exactly where what is desired changes."
    OPERATION = (
        "operation",
        "Operations are numbered one after the other, each entry names its own, and each of them ends once.",
    )
    REPORT = (
        "report",
        "What an action tells its node is what its drive has come to, and what that requires is told.",
    )
    PHASE = "phase", "Each step of an action is one that the machine `drive` allows under the guards that hold."
    COMMAND = (
        "command",
        "A command is sent only in phase commanding, in the session on record of its action, towards its goal.",
    )
    ONCE = (
        "once",
        "A reset is sent a second time for one operation only where the BMC has answered that it did not do it.",
    )
    READING = (
        "reading",
        "What is declared rests on the last reading of that action, or of that sweep, made in its session.",
    )
    SESSION = (
        "session",
        "A session is on record before it is used, is closed once, and every earlier one before it is opened.",
    )
    TABLE = "table", "The tables of the database say what the journal says they must."


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that cannot be.

    Attributes:
        check: What does not hold.
        seq: The number of the entry; of what a table holds, that of the last entry.
        node: Whose it is, or None.
        found: What the journal says, in a sentence.
        allowed: What could have been there instead.
    """

    check: Check
    seq: int
    node: str | None
    found: str
    allowed: str


class Impossible(Exception):
    """The entry that is looked at cannot be; caught where entries are fed."""

    def __init__(self, check: Check, found: str, allowed: str, node: str | None = None) -> None:
        super().__init__(found)
        self.check = check
        self.found = found
        self.allowed = allowed
        self.node = node
