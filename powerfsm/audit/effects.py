"""The durable effects of the machine `node`, replayed by their names in the spec.

What they do here is what `spec/power.yaml` says that they do, on what the journal tells: nothing of the daemon's
own code is run.
"""

from collections.abc import Callable, Mapping

from powerfsm.audit.findings import Check, Impossible
from powerfsm.audit.track import UNKNOWN, Begun, Track
from powerfsm.power import Ask, Desired

LIVE = frozenset({"answer", "start", "cancel"})
"""What happens outside of the record."""


class Replay:
    """Replays the effects of one step after the other.

    Attributes:
        last_operation: The highest number of an operation so far.
        exact: The numbers of all operations are known, because all of the journal is.
        begun: How many operations began.
        ended: Operations that have ended since somebody emptied this list.
    """

    def __init__(self) -> None:
        self.last_operation = 0
        self.exact = True
        self.begun = 0
        self.ended: list[Begun] = []
        self._given: Begun | None = None
        self._track: Track
        self._at = 0.0
        self._ask: Ask | None = None
        self._told: Mapping[str, object] = {}
        self._operation: int | None = None
        self._generation: int | None = None
        self._effects: dict[str, Callable[[], None]] = {
            "persist-desired": self._persist_desired,
            "put-in-play": self._put_in_play,
            "put-waiting": self._put_waiting,
            "overtake": self._overtake,
            "join": self._join,
            "supersede": self._supersede,
            "promote": self._promote,
            "take-leg": self._take_leg,
            "declare": self._note_reading,
            "succeed": self._succeed,
            "fail": self._fail,
            "note-reading": self._note_reading,
            "flag-drift": self._flag_drift,
            "adopt-reading": self._adopt_reading,
            "enforce-desired": self._enforce_desired,
            "adopt-newest": self._adopt_newest,
            "take-next": lambda: None,
        }

    def run(
        self,
        effects: tuple[str, ...],
        track: Track,
        at: float,
        ask: Ask | None,
        told: Mapping[str, object],
        operation: int | None,
        generation: int | None,
    ) -> int | None:
        """Replay the effects of a step on `track`; gives the operation that its entry has to name.

        Args:
            effects: As the machine gives them.
            track: The node.
            at: The time of the entry.
            ask: What was requested.
            told: The detail of the entry.
            operation: The operation that the entry names, which is believed only where numbers are not known yet.
            generation: Likewise.

        Raises:
            Impossible: An effect cannot be had.
        """
        self._track, self._at, self._ask, self._told = track, at, ask, told
        self._operation, self._generation = operation, generation
        self._given = None
        before = track.in_play
        for effect in effects:
            durable = self._effects.get(effect)
            if durable is not None:
                durable()
            elif effect not in LIVE:
                raise LookupError(f"the audit does not know what the effect {effect!r} of the machine `node` does")
        named = self._requested() or before or track.in_play
        return None if named is None else named.id

    def _requested(self) -> Begun | None:
        """The operation that the requester of the last step gets."""
        return self._given

    # Effects.

    def _persist_desired(self) -> None:
        assert self._ask is not None, "the machine persists what is desired on requests alone"
        self._desire(self._ask.desired)

    def _put_in_play(self) -> None:
        self._given = self._track.in_play = self._begin(
            self._asked(), "in-play", str(self._told.get("by", "local"))
        )
        self._track.trouble = None

    def _put_waiting(self) -> None:
        self._given = self._track.waiting = self._begin(
            self._asked(), "waiting", str(self._told.get("by", "local"))
        )

    def _overtake(self) -> None:
        if self._track.waiting is not None:
            self._end(self._track.waiting, "superseded", None)
            self._track.waiting = None

    def _join(self) -> None:
        waiting = self._track.waiting
        if waiting is not None and waiting.ask is self._ask:
            self._given = waiting
        else:
            self._overtake()
            self._given = self._track.in_play

    def _supersede(self) -> None:
        self._end_in_play("superseded", None)

    def _promote(self) -> None:
        track = self._track
        if track.waiting is None:
            raise Impossible(
                Check.STEP, "an operation that waits is taken up, and none waits", "none of it", track.name
            )
        track.in_play, track.waiting, track.trouble = track.waiting, None, None
        track.in_play.status = "in-play"

    def _take_leg(self) -> None:
        if self._track.in_play is not None:
            self._track.in_play.leg += 1

    def _succeed(self) -> None:
        self._end_in_play("succeeded", str(self._told.get("reason", "")))

    def _fail(self) -> None:
        reason = str(self._told.get("reason", ""))
        self._end_in_play("failed", reason)
        self._track.trouble = reason

    def _note_reading(self) -> None:
        self._track.observed = self._told.get("reading")
        self._track.observed_at = self._told.get("read_at")
        self._track.drifted = False

    def _flag_drift(self) -> None:
        self._track.drifted = True

    def _adopt_reading(self) -> None:
        self._desire(Desired.ON if self._told.get("reading") == "on" else Desired.OFF)

    def _enforce_desired(self) -> None:
        track = self._track
        track.in_play = self._begin(Ask(str(track.desired)), "in-play", "drift policy")

    def _adopt_newest(self) -> None:
        if self._track.waiting is not None:
            self._end_in_play("superseded", None)
            self._promote()

    # What several of them share.

    def _asked(self) -> Ask:
        assert self._ask is not None, "the machine begins operations on requests alone"
        return self._ask

    def _desire(self, desired: Desired) -> None:
        track = self._track
        if track.desired is UNKNOWN:
            # It may have been the same before, or not.
            if track.generation is not None and self._generation == track.generation + 1:
                track.generation += 1
        elif desired != track.desired and track.generation is not None:
            track.generation += 1
        track.desired = desired
        if track.generation is None:
            track.generation = self._generation

    def _begin(self, ask: Ask, status: str, asked_by: str) -> Begun:
        track = self._track
        due = self.last_operation + 1
        self.last_operation = due if self.exact else max(due, self._operation or 0)
        self.begun += 1
        return Begun(
            self.last_operation, track.name, ask, track.generation or 0, self._at, asked_by, status=status
        )

    def _end_in_play(self, status: str, reason: str | None) -> None:
        if self._track.in_play is not None:
            self._end(self._track.in_play, status, reason)
            self._track.in_play = None

    def _end(self, operation: Begun, status: str, reason: str | None) -> None:
        operation.status, operation.reason, operation.ended_at = status, reason, self._at
        self.ended.append(operation)
