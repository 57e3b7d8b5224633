"""What the journal has told of one node so far: what must be on disk now, and what its action is at."""

from dataclasses import dataclass

from powerfsm.audit.drive_walks import Walk
from powerfsm.power import Ask, Command

NOT_SPENT = frozenset({False})
SPENT = frozenset({True})
EITHER = frozenset({False, True})
"""What may be durable of the mark that a command which is sent once only may have been sent: the mark has no
entry of its own."""

UNKNOWN = "?"
"""What was desired before the journal begins."""


@dataclass(slots=True)
class Begun:
    """An operation, as the journal tells it.

    Attributes:
        id: Its number.
        node: Name of the node.
        ask: What was asked.
        generation: That of the node when it began.
        asked_at: When, in seconds since the epoch.
        asked_by: By whom.
        leg: How many legs are behind it.
        spent: What may be durable of the mark that its command may have been sent.
        acquitting: The mark is being taken back.
        resets: A reset was sent, and was not answered by saying that it was not done.
        status: How it ended, or `in-play` or `waiting`.
        reason: Why, where the journal tells it.
        ended_at: When, or None.
    """

    id: int
    node: str
    ask: Ask
    generation: int
    asked_at: float
    asked_by: str
    leg: int = 0
    spent: frozenset[bool] = NOT_SPENT
    acquitting: bool = False
    resets: bool = False
    status: str = "in-play"
    reason: str | None = None
    ended_at: float | None = None


class Track:
    """One node.

    Attributes:
        name: Its name.
        known: All of this is known; else only that the journal tells of the node, and sometimes its state.
        whole: The journal tells of the node from its beginning, without a finding.
        epoch: The gap in the journal behind which this was learnt.
        process: The process that it was last told of by.
        state: Of the machine `node`; None where it is not known.
        desired: What is; or `UNKNOWN`.
        generation: Of what is desired; None where it is not known.
        policies: The policies that it may have, as a mask of `NodeSteps`.
        sessions: The sessions on record, and what each was opened for.
        softs: The sessions that may be on record for a soft-off which may still be obeyed.
        walk: The drive of the action in play; None where none runs.
        leg: The number of the leg that it walks.
        own: The session of the drive, from its record to its close.
        sweep: The session of the sweep, likewise.
        session_at: When the session in use was put on record.
        swept: The sweep has told of its reading.
        reading: The last reading of the drive.
        read_by: When that was told.
        fate: How the last session of the drive was closed: `closed`, `unanswered`, or None.
        cut: The close of the drive's session was itself cut off, by a defect.
        due: The event that the drive has still to tell the node.
        unfenced: Sessions of which this process was told nothing when it closed them.
        findings: How many there were.
    """

    __slots__ = (
        "address",
        "cut",
        "desired",
        "drifted",
        "due",
        "epoch",
        "fate",
        "findings",
        "generation",
        "in_play",
        "known",
        "leg",
        "name",
        "observed",
        "observed_at",
        "own",
        "policies",
        "process",
        "read_by",
        "reading",
        "session_at",
        "sessions",
        "softs",
        "state",
        "sweep",
        "swept",
        "trouble",
        "unfenced",
        "waiting",
        "walk",
        "whole",
    )

    def __init__(self, name: str, epoch: int, process: int, policies: int) -> None:
        self.name = name
        self.findings = 0
        self.whole = False
        self.sessions: dict[int, str | None] = {}
        self.softs: set[int] = set()
        self.forget(epoch, policies)
        self.end_process(process)

    def forget(self, epoch: int, policies: int) -> None:
        """From now on nothing is known: something is missing, or was wrong."""
        self.known = self.whole = False
        self.epoch = epoch
        self.policies = policies
        self.state: str | None = None
        self.desired: str | None = UNKNOWN
        self.generation: int | None = None
        self.observed: object = None
        self.observed_at: object = None
        self.drifted = False
        self.in_play: Begun | None = None
        self.waiting: Begun | None = None
        self.trouble: str | None = None
        self.address: tuple[object, object] | None = None
        self.sessions.clear()
        self.softs.clear()

    def begin(self) -> None:
        """The node is added: of this one all is known."""
        self.known = self.whole = True
        self.state = "unknown"
        self.desired = None
        self.generation = 0

    def end_process(self, process: int) -> None:
        """Whatever the process before had in its memory is gone."""
        self.process = process
        self.walk: Walk | None = None
        self.leg = 0
        self.own: int | None = None
        self.sweep: int | None = None
        self.swept = False
        self.session_at = 0.0
        self.reading: str | None = None
        self.read_by = 0.0
        self.fate: str | None = None
        self.cut = False
        self.due: str | None = None
        self.unfenced: set[int] = set()
        self.softs = {number for number, command in self.sessions.items() if command == Command.SOFT_OFF}
