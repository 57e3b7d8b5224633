"""What an action writes while it walks its drive: phases, commands, observations and sessions."""

from collections.abc import Mapping

from powerfsm.audit.drive_walks import DriveWalks, Edge, Walk
from powerfsm.audit.findings import Check, Impossible
from powerfsm.audit.track import EITHER, NOT_SPENT, SPENT, Begun, Track
from powerfsm.power import Command
from powerfsm.spec.schema import Ignore, Outcome, Reject, branches

_SOFT = Command.SOFT_OFF.value

_OWN_IS_CLOSED = frozenset({"fenced", "fence-unanswered", "closed", "failure", "rested", "left"})
"""Ways in which a phase ends that has closed the session of its drive, where it begins by that."""
_BEGIN_BY_CLOSING = frozenset({"fencing", "closing", "resting", "giving-up", "withdrawing"})

_TELLS = {"tell-quarantined": "fence-unanswered", "tell-released": "quarantine-over"}
"""What the live effects of the machine `drive` tell the machine `node`."""

_FATES = {"closed": "closed", "failure": "unanswered"}

_CLOSED_IN = {
    "own session": _BEGIN_BY_CLOSING,
    "by id": frozenset({"fencing"}),
    "quarantine": frozenset({"settling"}),
    "soft-off waited out": frozenset({"settling"}),
    "soft-off acted": frozenset({"closing"}),
}
"""In which phases a session is closed how."""

_NOTHING: Mapping[str, object] = {}


class ActionAudit:
    """Holds what actions write against the machine `drive`."""

    def __init__(self, walks: DriveWalks) -> None:
        self._walks = walks
        machine = walks.machine
        self._commands = frozenset(map(str, Command))
        self._phases = frozenset(
            (before, event, after)
            for before, event in machine.pairs()
            for after in machine.states
            if _may(machine.outcome(before, event), before, after)
        )

    # One method for each kind of entry.

    def phase(
        self,
        t: Track,
        at: float,  # noqa: ARG002  (kinds of entries are audited alike)
        event: str,
        operation: int | None,
        before: str | None,
        after: str | None,
        told: Mapping[str, object] | None,  # noqa: ARG002
    ) -> None:
        """A phase has ended."""
        if not t.known:
            if (before, event, after) not in self._phases:
                raise Impossible(Check.PHASE, f"phase {before} ends by {event} in {after}", "no drive does that")
            return
        walk, action = self._of(t, operation)
        edge = self._walks.phase(walk, event, before, after)
        if edge is None:
            raise self._impossible(t, Check.PHASE, f"phase {before} ends by {event} in {after}")
        if event in _OWN_IS_CLOSED and before in _BEGIN_BY_CLOSING:
            self._check_closed(t, event, before)
        elif event == "broken-off" and before in _BEGIN_BY_CLOSING and t.own is not None:
            t.cut = True
        if event == "fenced":
            left = [number for number, command in t.sessions.items() if command != _SOFT]
            if left:
                raise Impossible(
                    Check.SESSION,
                    f"all is fenced, and {_named(left)} on record",
                    "closing it first, or a quarantine",
                )
        elif event == "fence-unanswered" and not t.unfenced & t.sessions.keys():
            raise Impossible(
                Check.SESSION,
                "a fence was not answered, and each session on record was closed",
                "the entry that says which session could not be fenced",
            )
        t.walk = edge.walk
        if walk.leg.once:
            _mark(action, event, after, edge)
        for effect in edge.effects:
            if effect in _TELLS:
                t.due = _TELLS[effect]

    def command(
        self,
        t: Track,
        at: float,  # noqa: ARG002
        event: str,
        operation: int | None,
        before: str | None,  # noqa: ARG002
        after: str | None,  # noqa: ARG002
        told: Mapping[str, object] | None,
    ) -> None:
        """A command is sent, or something has come of it."""
        detail = told or _NOTHING
        outcome = str(detail.get("outcome"))
        if event not in self._commands or outcome not in ("sent", "answered", "refused", "unanswered"):
            raise Impossible(Check.WORDS, f"command {event} is {outcome}", "a command, and what came of it")
        if not t.known:
            return
        walk, action = self._of(t, operation)
        edge = self._walks.command(walk, event, outcome)
        what = f"command {event} is {outcome} in session {detail.get('session')}"
        if edge is None:
            raise self._impossible(t, Check.COMMAND, what)
        if t.own is None or detail.get("session") != t.own:
            allowed = "no command, for no session is on record" if t.own is None else f"session {t.own}"
            raise Impossible(Check.COMMAND, what, allowed)
        if event == Command.RESET:
            if outcome == "sent" and action.resets:
                raise Impossible(
                    Check.ONCE,
                    f"{what} a second time for operation {action.id}",
                    "no further reset: it may have acted",
                )
            action.resets = outcome != "refused"
        t.walk = edge.walk

    def observation(
        self,
        t: Track,
        at: float,
        event: str,
        operation: int | None,
        before: str | None,  # noqa: ARG002
        after: str | None,  # noqa: ARG002
        told: Mapping[str, object] | None,  # noqa: ARG002
    ) -> None:
        """The power was read, or something failed."""
        if event not in ("read-on", "read-off", "failure"):
            raise Impossible(Check.WORDS, f"the observation {event}", "read-on, read-off or failure")
        if not t.known:
            return
        walk, _ = self._of(t, operation)
        edge = self._walks.observation(walk, event)
        if edge is None:
            raise self._impossible(t, Check.PHASE, f"{event} is observed")
        if event != "failure":
            if t.own is None:
                raise Impossible(Check.READING, f"{event} without a session", "a reading in a session on record")
            t.reading, t.read_by = event.removeprefix("read-"), at
        t.walk = edge.walk

    def session(
        self,
        t: Track,
        at: float,
        event: str,
        operation: int | None,
        before: str | None,  # noqa: ARG002
        after: str | None,  # noqa: ARG002
        told: Mapping[str, object] | None,
    ) -> None:
        """A session comes on record, or goes."""
        detail = told or _NOTHING
        number = detail.get("session")
        if not isinstance(number, int) or event not in ("opened", "closed", "fenced", "fence-unanswered"):
            raise Impossible(Check.WORDS, f"session {number} is {event}", "a session, and what became of it")
        if event == "opened":
            self._opened(t, at, number, operation, detail.get("for"))
            return
        what = f"session {number} is {event} ({detail.get('how', 'told nothing')})"
        if number not in t.sessions and number not in t.softs and t.whole:
            raise Impossible(Check.SESSION, f"{what}, and is not on record", _on_record(t))
        if t.known and operation is not None:
            walk, _ = self._of(t, operation, telling=True)
            self._check_how(t, walk, event, number, detail, what)
        elif t.known and event != "closed":
            raise Impossible(Check.SESSION, f"{what} outside of any action", "the close of a session of the sweep")
        if event != "fence-unanswered":
            t.unfenced.discard(number)
        elif number != t.own:
            # Its own close is tried again by its id; only then it is quarantined.
            t.unfenced.add(number)
        if event == "closed":
            t.sessions.pop(number, None)
            # A BMC may give the id of a session that is held for its soft-off to the next one.
            if detail.get("how") != "own session":
                t.softs.discard(number)
        if number == t.own:
            t.own = None
            t.fate = "unanswered" if event == "fence-unanswered" else "closed"
        elif number == t.sweep and operation is None:
            t.sweep = None

    # What they are made of.

    def _opened(self, t: Track, at: float, number: int, operation: int | None, command: object) -> None:
        what = f"session {number} is opened for {command or 'a reading'}"
        if t.known:
            beside = [n for n, other in t.sessions.items() if other != _SOFT and n not in t.softs]
            if beside:
                raise Impossible(
                    Check.SESSION, f"{what}, and {_named(beside)} on record", "closing that one first"
                )
            if operation is not None:
                walk, _ = self._of(t, operation)
                edge = self._walks.recorded(walk, str(command))
                if edge is None and command == _SOFT and number in t.softs:
                    # Its id was that of one held for its soft-off, of which the record goes on telling.
                    edge = self._walks.recorded(walk, str(Command.OFF))
                if edge is None:
                    raise self._impossible(t, Check.SESSION, what)
                t.walk, t.own, t.fate = edge.walk, number, None
            elif command is not None or t.own is not None:
                raise Impossible(Check.SESSION, f"{what} outside of any action", "a session that only reads")
            else:
                if t.walk is not None and t.walk.phase != self._walks.machine.initial:
                    raise Impossible(
                        Check.SESSION, f"{what} by the sweep", f"none: operation {_number(t)} has the BMC"
                    )
                t.sweep, t.swept = number, False
        elif operation is None:
            t.sweep, t.swept = number, False
        t.session_at = at
        t.sessions[number] = None if command is None else str(command)
        if command == _SOFT:
            t.softs.add(number)

    def _check_how(
        self, t: Track, walk: Walk, event: str, number: int, detail: Mapping[str, object], what: str
    ) -> None:
        how = "fence-unanswered" if event == "fence-unanswered" else str(detail.get("how"))
        if how == "fence-unanswered":
            phases = _BEGIN_BY_CLOSING if number == t.own else frozenset({"fencing"})
        else:
            phases = _CLOSED_IN.get(how, frozenset())
        right = walk.phase in phases and (how != "own session" or number == t.own or t.fate == "unanswered")
        if how == "quarantine":
            # The effect that forgets sessions comes before the one that tells the node.
            right = right and t.due == "quarantine-over"
        if how.startswith("soft-off") or event == "fenced":
            right = right and number in t.softs
        elif number == t.own:
            right = right and how in ("own session", "fence-unanswered")
        if not right:
            raise self._impossible(t, Check.SESSION, what)

    def _check_closed(self, t: Track, event: str, before: str) -> None:
        if event == "left" and t.cut:
            # It stays on record as not shown to be closed, and the next drive has to begin by that.
            t.own, t.cut = None, False
        if t.own is not None:
            raise Impossible(
                Check.SESSION,
                f"phase {before} ends by {event}, and session {t.own} of this action was not closed",
                "its close, or that it was not answered",
            )
        if before == "closing" and t.fate != _FATES[event]:
            raise Impossible(
                Check.SESSION,
                f"phase closing ends by {event}, and the close of its session was {t.fate or 'not told'}",
                "the other end",
            )

    def _of(self, t: Track, operation: int | None, *, telling: bool = False) -> tuple[Walk, Begun]:
        """The drive that an entry belongs to; `telling`: also while it has something to tell the node."""
        if t.walk is None or t.in_play is None:
            raise Impossible(
                Check.PHASE,
                f"an action for operation {operation} goes on",
                f"none: the node is {t.state} without one",
            )
        if operation != t.in_play.id:
            raise Impossible(
                Check.OPERATION,
                f"an action for operation {operation} goes on",
                f"operation {t.in_play.id} is in play",
            )
        if t.due is not None and not telling:
            raise Impossible(Check.REPORT, "the action goes on", f"it has to tell the node {t.due} first")
        return t.walk, t.in_play

    def _impossible(self, t: Track, check: Check, found: str) -> Impossible:
        assert t.walk is not None
        walk = t.walk
        if walk.phase in self._walks.final:
            return Impossible(check, found, f"nothing more of a drive that has ended ({walk.phase})")
        heard = "nothing" if walk.heard is None else walk.heard
        ends = ", ".join(self._walks.ends(walk))
        return Impossible(check, found, f"in phase {walk.phase}, where {heard} was told: {ends}")


def _mark(action: Begun, event: str, after: str | None, edge: Edge) -> None:
    """What is now durable of the mark that a command which is sent once only may have been sent."""
    if action.acquitting:
        # What was written without waiting came before this entry, and so is on disk with it.
        action.spent, action.acquitting = NOT_SPENT, False
    if after == "marking":
        action.spent = EITHER
    elif event == "marked":
        action.spent = SPENT
    elif "acquit" in edge.effects and action.spent is SPENT:
        action.spent, action.acquitting = EITHER, True


def _may(outcome: Outcome, before: str, after: str) -> bool:
    match outcome:
        case Reject():
            return False
        case Ignore():
            return after == before
        case _:
            return any(branch.to == after for branch in branches(outcome))


def _named(numbers: list[int]) -> str:
    several = len(numbers) > 1
    return f"session{'s' if several else ''} {', '.join(map(str, numbers))} {'are' if several else 'is'}"


def _on_record(t: Track) -> str:
    return f"on record: {', '.join(map(str, t.sessions)) or 'no session'}"


def _number(t: Track) -> object:
    return None if t.in_play is None else t.in_play.id
