"""What the BMCs' log and the requesters' claims say, judged part by part while both are written."""

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

from bmcsim.check import Court, Verdict, Violation
from bmcsim.records import read_claims
from powerfsm.demo.sight import Event, Sight
from powerfsm.demo.stage import Stage
from powerfsm.demo.verdict import resets_beyond_those_asked_for

Session = tuple[str, int]
"""Node and the BMC's id of a session."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """What a part of the run showed.

    Attributes:
        broken: What must not have happened, in words.
        commands: Power commands that BMCs took in all.
    """

    broken: tuple[str, ...]
    commands: int


class Chronicle:
    """The log of a stage, followed apart from the stage's own eyes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._sight = Sight(stage.simulator.log)
        self._court = Court()
        self._kept: list[Event] = []
        self._heard = 0
        self._told = 0
        self._sessions: dict[str, set[int]] = defaultdict(set)

    @property
    def commands(self) -> int:
        """Power commands that BMCs have accepted."""
        return self._sight.commands

    def look(self) -> None:
        """Take in what was written since the last look."""
        for event in self._sight.look():
            self._kept.append(event)
            if event["event"] == "session-opened":
                self._sessions[event["node"]].add(event["session"])
            elif event["event"] == "session-closed":
                self._sessions[event["node"]].discard(event["session"])

    def open_sessions(self) -> set[Session]:
        """Sessions that BMCs hold open, as far as was looked."""
        return {(node, session) for node, sessions in self._sessions.items() for session in sessions}

    def judge(self) -> Judged:
        """Judge all that was seen and claimed since the last time; nobody may be asking for anything meanwhile."""
        self._stage.claims.flush()
        claims = list(islice(read_claims(self._stage.claims_file), self._heard, None))
        events, self._kept = self._kept, []
        self._heard += len(claims)
        resets = list(resets_beyond_those_asked_for(events, claims))
        self._court.take(events, claims)
        verdict = self._court.verdict()
        found = [*_lasting(verdict)]
        new, self._told = found[self._told :], len(found)
        new += [*verdict.elsewhere, *resets]
        told = [f"{each.t:.3f} {each.node} {each.what}" for each in new]
        if len(told) > _SHOWN:
            told = [*told[:_SHOWN], f"and {len(told) - _SHOWN} more violations"]
        return Judged(tuple(told), sum(verdict.commands.values()))

    def defects(self) -> list[str]:
        """What the daemon has logged as defects of its own."""
        return [json.loads(line).get("event", line) for line in self._stage.daemon.defects()]


def _lasting(verdict: Verdict) -> list[Violation]:
    """The violations that no later part takes back, in the order in which they came."""
    return sorted([*verdict.overlaps, *verdict.contradictions], key=lambda violation: violation.t)
