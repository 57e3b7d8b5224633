"""The auditor: reads a journal from its beginning to its end, and says what cannot be.

It keeps what must be on disk of every node, and what each action is at; nothing of it grows with the journal.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import UnionType

from powerfsm.audit.actions import ActionAudit
from powerfsm.audit.drive_walks import DriveWalks
from powerfsm.audit.effects import Replay
from powerfsm.audit.findings import Check, Finding, Impossible, Row
from powerfsm.audit.node_steps import NodeSteps
from powerfsm.audit.track import Track
from powerfsm.audit.transitions import CLOCK, Due, StepAudit
from powerfsm.spec import Spec

MOST_FINDINGS = 10
"""Findings that are told of one node."""


@dataclass(slots=True)
class Allowed:
    """What was allowed for, because a process that ends may take it along, and because clocks are set.

    Attributes:
        actions: Actions whose own end is not on record, because that of their process came before.
        commands: Commands of which is not on record what came of them, for the same reason.
        sessions: Sessions that were left open by a process that ended.
        clock_steps: How often a time is less than the one before it.
        clock_most: By how many seconds at most.
        joined: Nodes that the journal does not tell of from their beginning.
        specs: Digests of other specs under which a daemon wrote.
    """

    actions: int = 0
    commands: int = 0
    sessions: int = 0
    clock_steps: int = 0
    clock_most: float = 0.0
    joined: int = 0
    specs: set[str] = field(default_factory=set)


class Auditor:
    """Holds a journal against a spec; feed it all entries, in their order.

    Args:
        spec: The declared machine.
        nodes: Only these nodes, or None: all.
        whole: The journal has to begin with entry 1.

    Attributes:
        entries: How many there were.
        first: The number of the first one.
        seq: The number of the last one; -1 before there was any.
        tracks: What the journal says of each node that there is.
        met: The names of all nodes that there were.
        processes: How many daemons have started.
        allowed: What was allowed for.
        replay: What became of operations.
        told: How many findings there were, those that are not told any more included.
    """

    def __init__(self, spec: Spec, nodes: Collection[str] | None = None, *, whole: bool = False) -> None:
        self.spec = spec
        self.entries = 0
        self.first = 0
        self.seq = -1
        self.tracks: dict[str, Track] = {}
        self.met: set[str] = set()
        self.processes = 0
        self.allowed = Allowed()
        self.replay = Replay()
        self.told = 0
        self.steps, walks, actions = _automata(spec)
        self._stepping = StepAudit(self.steps, walks, self.replay)
        self._others: dict[str, Callable[..., None]] = {
            "phase": actions.phase,
            "command": actions.command,
            "observation": actions.observation,
            "session": actions.session,
        }
        self._whole = whole
        self._wanted = None if nodes is None else frozenset(nodes)
        self.replay.exact = nodes is None
        self._at = float("-inf")
        self._epoch = 0
        self._process = 0
        self._recovering = True
        self._outstanding: set[str] = set()
        self._due: set[str] = set()
        self._ending = False
        self._found: list[Finding] = []

    def feed(self, rows: Iterable[Row]) -> list[Finding]:
        """Read further entries; gives what was found in them."""
        for row in rows:
            try:
                self._entry(row)
            except Impossible as impossible:
                self._find(impossible, row[0], impossible.node or row[3])
            except (TypeError, AttributeError):
                if not _malformed(row):
                    raise
                number: object = row[0]
                self.seq = number if isinstance(number, int) else self.seq + 1
                self._find(
                    Impossible(Check.WORDS, f"an entry that cannot be read: {row}", "an entry"), self.seq, None
                )
        found, self._found = self._found, []
        return found

    def start_process(self) -> None:
        """From here on another process writes; of one before it anything may be missing that came after."""
        self._process += 1
        self._recovering = True
        self._ending = False
        self._stepping.due = None
        self._due = set(self._outstanding)

    @property
    def operations(self) -> int:
        """How many operations have begun."""
        return self.replay.begun

    # One entry.

    def _entry(self, row: Row) -> None:
        seq, at, kind, name, event, operation, generation, before, after, detail = row
        self.entries += 1
        if seq != self.seq + 1:
            self._out_of_sequence(seq)
        self.seq = seq
        if at < self._at:
            self._clock_was_set(at)
        self._at = at
        due, self._stepping.due = self._stepping.due, None
        if due is not None and (name, event, kind) != (due.node, due.event, "transition"):
            raise Impossible(
                Check.RECOVERY if due.event == "recover" else Check.STEP,
                f"{kind} {event} of {name or 'the daemon'}",
                f"{due.event} of {due.node}, which is written together with the entry before",
                due.node,
            )
        if name is None:
            self._daemon(kind, event, detail or {})
            return
        if self._recovering:
            self._recovers(kind, name, event, due)
        elif kind == "transition" and event in ("restarted", "recover") and due is None:
            raise Impossible(
                Check.RECOVERY, f"{event} is told", "it, where a daemon has started, before anything else"
            )
        if self._wanted is not None and name not in self._wanted:
            return
        track = self.tracks.get(name)
        if track is None or kind == "configuration":
            track = self._configure(row) if kind == "configuration" else self._join(name)
            if kind == "configuration":
                return
        if track.findings >= MOST_FINDINGS:
            return
        if track.process != self._process:
            self._end_process(track)
        if track.epoch != self._epoch:
            track.forget(self._epoch, self.steps.any_policy)
        if kind == "transition":
            if event == "request" and self._ending:
                raise Impossible(Check.END, "a request is accepted", "none: the daemon has begun to end")
            self._stepping.step(track, at, event, operation, generation, before, after, detail)
            if track.in_play is None:
                self._outstanding.discard(name)
            else:
                self._outstanding.add(name)
            return
        other = self._others.get(kind)
        if other is None:
            raise Impossible(Check.WORDS, f"an entry of kind {kind}", "one of the kinds of the journal")
        if generation != track.generation and track.known and track.generation is not None:
            raise Impossible(
                Check.GENERATION, f"{kind} {event} at generation {generation}", f"generation {track.generation}"
            )
        other(track, at, event, operation, before, after, detail)

    def _daemon(self, kind: str, event: str, detail: Mapping[str, object]) -> None:
        if kind != "daemon":
            raise Impossible(Check.WORDS, f"{kind} {event} without a node", "the node that it tells of")
        if event == "started":
            self.processes += 1
            self.start_process()
            digest = detail.get("spec")
            if digest is not None and digest != self.spec.digest:
                self.allowed.specs.add(str(digest))
        elif event == "ended":
            self._ending = True
        elif event != "store-probed":
            raise Impossible(Check.WORDS, f"the daemon has {event}", "started, ended or store-probed")

    def _recovers(self, kind: str, name: str, event: str, due: Due | None) -> None:
        """What a process does first: it takes up what the one before it left."""
        if due is not None:
            return
        if kind == "transition" and event == "restarted":
            self._due.discard(name)
            return
        self._recovering = False
        if self._due:
            left, self._due = self._due, set()
            named = sorted(left)
            raise Impossible(
                Check.RECOVERY,
                f"{kind} {event} of {name}, and the work of {', '.join(named[:3])}"
                f"{f' and {len(named) - 3} others' if len(named) > 3 else ''} was not taken up by the start",
                "restarted, of every node whose work had not ended",
                named[0],
            )

    def _configure(self, row: Row) -> Track:
        _, _, _, name, event, operation, generation, _, _, detail = row
        assert name is not None
        track = self.tracks.get(name)
        told = detail or {}
        if self._ending:
            raise Impossible(Check.END, f"the node is {event}", "no change: the daemon has begun to end")
        if event not in ("added", "changed", "removed"):
            raise Impossible(Check.WORDS, f"the node is {event}", "added, changed or removed")
        if event == "added":
            if track is not None:
                raise Impossible(Check.FLEET, "the node is added", "it, where there is none of its name")
            track = self.tracks[name] = self._meet(name)
            track.begin()
            track.whole = True
        elif track is None:
            track = self._join(name)
        elif track.process != self._process:
            self._end_process(track)
        if track.known and track.in_play is not None:
            raise Impossible(
                Check.FLEET, f"the node is {event}", f"no change while operation {track.in_play.id} is in play"
            )
        if operation is not None or (track.generation is not None and generation != track.generation):
            raise Impossible(
                Check.GENERATION,
                f"the node is {event} at generation {generation}",
                f"generation {track.generation}",
            )
        if event == "removed":
            del self.tracks[name]
            self._outstanding.discard(name)
        else:
            track.address = told.get("host"), told.get("port")
            track.policies = self.steps.any_policy
        return track

    def _join(self, name: str) -> Track:
        """A node that the journal has not told of before."""
        track = self.tracks[name] = self._meet(name)
        if self.first == 1 and not self._epoch:
            raise Impossible(Check.FLEET, "something is told of the node", "that it is added, first of all")
        self.allowed.joined += 1
        return track

    def _meet(self, name: object) -> Track:
        if not isinstance(name, str):
            raise Impossible(Check.WORDS, f"something is told of {name}", "the name of a node")
        self.met.add(name)
        return Track(name, self._epoch, self._process, self.steps.any_policy)

    def _end_process(self, track: Track) -> None:
        """What was under way when the process before ended is allowed to have no end."""
        walk = track.walk
        if walk is not None:
            self.allowed.actions += 1
            self.allowed.commands += walk.heard == "sent"
        self.allowed.sessions += len(track.sessions)
        track.end_process(self._process)

    def _clock_was_set(self, at: float) -> None:
        back = self._at - at
        if back > CLOCK:
            self.allowed.clock_steps += 1
            self.allowed.clock_most = max(self.allowed.clock_most, back)
        self._stepping.clock_stepped = max(self._stepping.clock_stepped, self._at)

    def _out_of_sequence(self, seq: int) -> None:
        if not self.first:
            self.first = seq
            if seq > 1:
                self.replay.exact = False
                if self._whole:
                    raise Impossible(Check.SEQUENCE, f"the journal begins with entry {seq}", "entry 1")
            return
        expected, self.seq = self.seq + 1, max(seq, self.seq)
        self._stepping.due = None
        if seq > expected:
            missing = seq - expected
            told = f"entry {seq} follows entry {expected - 1}: {missing} {'are' if missing > 1 else 'is'} missing"
        else:
            told = f"entry {seq} follows entry {expected - 1}"
        # What is missing may have been of any node.
        self._epoch += 1
        self.replay.exact = False
        self._outstanding.clear()
        self._due.clear()
        self._recovering = True
        raise Impossible(Check.SEQUENCE, told, f"entry {expected}")

    def _find(self, impossible: Impossible, seq: int, name: str | None) -> None:
        self.told += 1
        track = None if name is None else self.tracks.get(name)
        if track is not None:
            track.findings += 1
            self._outstanding.discard(track.name)
            self.replay.exact = False
            track.forget(self._epoch, self.steps.any_policy)
            track.end_process(self._process)
            if track.findings > MOST_FINDINGS:
                return
        self._found.append(Finding(impossible.check, seq, name, impossible.found, impossible.allowed))


@cache
def _automata(spec: Spec) -> tuple[NodeSteps, DriveWalks, ActionAudit]:
    """What is computed of a spec as it is needed, and serves every audit."""
    walks = DriveWalks(spec.drive)
    return NodeSteps(spec), walks, ActionAudit(walks)


_KINDS: tuple[type | UnionType, ...] = (
    int,
    int | float,
    str,
    str | None,
    str,
    int | None,
    int | None,
    str | None,
    str | None,
    Mapping | None,
)


def _malformed(row: Row) -> bool:
    """Whether an entry has something in it that is not of the kind that belongs there."""
    return len(row) != len(_KINDS) or not all(map(isinstance, row, _KINDS))
