"""The running machine: a declared machine as a pure step.

`Machine.step` takes a state, an event and the guards that hold, and gives the state after it and the
effects; it awaits nothing, keeps nothing and changes nothing.  The library `transitions` does the stepping:
one machine of it is built for each declared one, and a cursor, which is no more than a state and the guards
that hold, is led through it.  Cursors are not registered as models (`add_model`): that would bind a method
for every event to each of them, where a name of the spec that equals an attribute wins without a word.

A trigger of `transitions` takes about 10 us.  The step is a function over finitely many arguments, so each
answer is kept, and a storm of requests costs a dictionary look-up each.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

import transitions

from powerfsm.power import Ask, Power
from powerfsm.spec import schema
from powerfsm.spec.properties import Property, properties_of
from powerfsm.spec.reading import read

StepKind = Literal["transition", "ignored", "rejected"]


class UndeclaredPair(KeyError):
    """A state, an event or a guard that the spec does not declare: a defect of whoever asked."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Step:
    """What happens.

    Attributes:
        before: State before.
        event: What was told.
        after: State after; the same as `before` where the event was ignored or rejected.
        effects: Effects in their order, all durable ones first.
        kind: `transition`, `ignored` (nothing happens) or `rejected` (it cannot be: a defect).
        reason: Why it was ignored or rejected, else empty.
    """

    before: str
    event: str
    after: str
    effects: tuple[str, ...]
    kind: StepKind
    reason: str = ""


@dataclass(slots=True)
class _Cursor:
    """What `transitions` moves; an underscore keeps its attribute apart from every name in the spec."""

    current_state: str
    holding: frozenset[str]
    effects: list[str] = field(default_factory=list)


class Machine:
    """One declared machine, ready to step.

    Attributes:
        name: `node` or `drive`.
        declared: The machine as it stands in the file.
        initial: The first state.
        states: All states, in the order of the file.
        events: All events, in the order of the file.
    """

    def __init__(self, name: str, declared: schema.Machine) -> None:
        self.name = name
        self.declared = declared
        self.initial = declared.initial
        self.states = tuple(declared.states)
        self.events = tuple(declared.events)
        self._guards = {
            (state, event): tuple(
                dict.fromkeys(guard for branch in schema.branches(outcome) for guard in branch.when)
            )
            for state, event, outcome in self._outcomes()
        }
        self._engine = _engine(declared)
        self._steps: dict[tuple[str, str, frozenset[str]], Step] = {}

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every declared pair of state and event, in the order of the file."""
        yield from self._guards

    def guards(self, state: str, event: str) -> tuple[str, ...]:
        """The guards on which the step depends, in the order in which they are asked.

        Raises:
            UndeclaredPair: No such state or event, or the state is final.
        """
        try:
            return self._guards[state, event]
        except KeyError:
            raise self._undeclared(state, event) from None

    def step(self, state: str, event: str, holding: frozenset[str] = frozenset()) -> Step:
        """What `event` does in `state`.

        Args:
            state: State before.
            event: What is told.
            holding: The guards that hold; those that do not matter for the pair may be among them.

        Raises:
            UndeclaredPair: No such state, event or guard, or the state is final.
        """
        try:
            return self._steps[state, event, holding]
        except KeyError:
            return self._first_step(state, event, holding)

    def kind(self, state: str) -> schema.StateKind:
        """Whether a state is `resting`, `driving` or `final`.

        Raises:
            UndeclaredPair: No such state.
        """
        return self._state(state).kind

    def declares(self, state: str) -> Power | None:
        """The power that is declared to users in `state`, or None: nothing is claimed.

        Raises:
            UndeclaredPair: No such state.
        """
        declared = self._state(state).declares
        return None if declared is None else Power(declared)

    def outcome(self, state: str, event: str) -> schema.Outcome:
        """What the file says about a pair.

        Raises:
            UndeclaredPair: No such state or event, or the state is final.
        """
        try:
            return self.declared.transitions[state][event]
        except KeyError:
            raise self._undeclared(state, event) from None

    def _state(self, state: str) -> schema.State:
        try:
            return self.declared.states[state]
        except KeyError:
            raise self._undeclared(state) from None

    def _outcomes(self) -> Iterator[tuple[str, str, schema.Outcome]]:
        for state, row in self.declared.transitions.items():
            for event, outcome in row.items():
                yield state, event, outcome

    def _first_step(self, state: str, event: str, holding: frozenset[str]) -> Step:
        for guard in sorted(holding):
            if guard not in self.declared.guards:
                raise UndeclaredPair(f"machine {self.name} has no guard {guard!r}")
        relevant = holding.intersection(self.guards(state, event))
        step = self._steps.get((state, event, relevant))
        if step is None:
            step = self._steps[state, event, relevant] = self._run(state, event, relevant)
        self._steps[state, event, holding] = step
        return step

    def _run(self, state: str, event: str, holding: frozenset[str]) -> Step:
        match self.declared.transitions[state][event]:
            case schema.Ignore(ignore=reason):
                return Step(state, event, state, (), "ignored", reason)
            case schema.Reject(reject=reason):
                return Step(state, event, state, (), "rejected", reason)
            case _:
                cursor = _Cursor(state, holding)
                self._engine.events[event].trigger(cursor)
                return Step(state, event, cursor.current_state, tuple(cursor.effects), "transition")

    def _undeclared(self, state: str, event: str | None = None) -> UndeclaredPair:
        if state not in self.declared.states or event is None:
            return UndeclaredPair(f"machine {self.name} has no state {state!r}")
        if event not in self.declared.events:
            return UndeclaredPair(f"machine {self.name} has no event {event!r}")
        return UndeclaredPair(f"machine {self.name}: state {state!r} is final, event {event!r} cannot follow")


def _engine(declared: schema.Machine) -> transitions.Machine:
    return transitions.Machine(
        model=None,
        states=list(declared.states),
        initial=declared.initial,
        transitions=[
            {
                "trigger": event,
                "source": state,
                "dest": branch.to,
                "conditions": [_holds(guard) for guard in branch.when],
                "after": [_collect(effect) for effect in branch.do],
            }
            for state, row in declared.transitions.items()
            for event, outcome in row.items()
            for branch in schema.branches(outcome)
        ],
        auto_transitions=False,
        send_event=True,
        model_attribute="current_state",
    )


def _holds(guard: str) -> Callable[[transitions.EventData], bool]:
    def condition(told: transitions.EventData) -> bool:
        return guard in _cursor(told).holding

    return condition


def _collect(effect: str) -> Callable[[transitions.EventData], None]:
    def callback(told: transitions.EventData) -> None:
        _cursor(told).effects.append(effect)

    return callback


def _cursor(told: transitions.EventData) -> _Cursor:
    assert isinstance(told.model, _Cursor)
    return told.model


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which ask cancels which ask in play; what is not listed waits, and equal ones join."""

    name: str
    about: str
    table: Mapping[Ask, frozenset[Ask]]

    def outranks(self, asked: Ask, in_play: Ask) -> bool:
        """Whether `asked` cancels `in_play`."""
        return in_play in self.table[asked]


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """A spec, read and ready to run.

    Attributes:
        node: The machine of one node, stepped by the registry.
        drive: The machine of one action, walked by it.
        timings: Default seconds by name.
        rankings: Ranking tables by name.
        properties: What is promised of a node, by name.
        file: The file as it stands, with what each name is about.
        digest: SHA-256 of the file's bytes, hexadecimal.
    """

    node: Machine
    drive: Machine
    timings: Mapping[str, float]
    rankings: Mapping[str, Ranking]
    properties: Mapping[str, Property]
    file: schema.File
    digest: str


def load(path: Traversable | None = None) -> Spec:
    """The spec that came with this package, or another one; the former is read once.

    Raises:
        SpecError: The file is wrong; every mistake is told with its line.
        OSError: The file cannot be read.
    """
    return _own() if path is None else _load(path)


@cache
def _own() -> Spec:
    return _load(files("powerfsm.spec").joinpath("power.yaml"))


def _load(path: Traversable) -> Spec:
    text = path.read_bytes()
    return assemble(read(text, str(path)), hashlib.sha256(text).hexdigest())


def assemble(file: schema.File, digest: str) -> Spec:
    """The spec that a file without mistakes makes.

    Args:
        file: What `powerfsm.spec.meaning` finds nothing wrong with.
        digest: What tells it from every other file.
    """
    return Spec(
        node=Machine("node", file.machines.node),
        drive=Machine("drive", file.machines.drive),
        timings=MappingProxyType({name: each.default for name, each in file.timings.items()}),
        rankings=MappingProxyType({name: _ranking(name, each) for name, each in file.rankings.items()}),
        properties=properties_of(file),
        file=file,
        digest=digest,
    )


def _ranking(name: str, declared: schema.Ranking) -> Ranking:
    table = {Ask(ask): frozenset(map(Ask, others)) for ask, others in declared.outranks.items()}
    return Ranking(name, declared.about, MappingProxyType(table))
