"""What the words of a spec must have to do with one another, once each stands where it may.

Every rule here has been somebody's bug elsewhere: an event that nobody thought of in some state, a state
that nothing leads to, a branch behind one that is always taken, a client answered before the commit.
"""

from collections.abc import Iterable, Iterator, Sequence

from powerfsm.power import Ask
from powerfsm.spec.mistakes import one_of
from powerfsm.spec.properties import mistakes_of
from powerfsm.spec.schema import Branch, File, Machine, Outcome, Ranking, branches
from powerfsm.spec.source import Mark, Path, Source

# A rule's finding: where, which part of the file is spoken of, and what is wrong with it.
Finding = tuple[Path, str, str]


def judge(file: File, source: Source) -> None:
    """Tell `source` every mistake of meaning in `file`."""
    told: set[tuple[Mark, str]] = set()
    for path, subject, wrong in findings(file):
        mark = source.mark(path)
        # What an anchor holds is wrong once, however many aliases repeat it.
        if (mark, wrong) not in told:
            told.add((mark, wrong))
            source.tell(mark.line, f"{subject}: {wrong}")


def findings(file: File) -> Iterator[Finding]:
    """Every mistake of meaning in `file`, told of what it says and not of where that was written."""
    for name, ranking in file.rankings.items():
        yield from _ranking(name, ranking)
    yield from findings_in("node", file.machines.node)
    yield from findings_in("drive", file.machines.drive)
    for property_name, key, wrong in mistakes_of(file):
        yield ("properties", property_name, *key), f"property {property_name}", wrong


def findings_in(name: str, machine: Machine) -> Iterator[Finding]:
    """Those in one machine, which no other part of the file bears on."""
    return _Rules(name, machine).findings()


def _ranking(name: str, ranking: Ranking) -> Iterator[Finding]:
    path: Path = ("rankings", name, "outranks")
    subject = f"ranking {name}"
    asks = [str(ask) for ask in Ask]
    for ask in asks:
        if ask not in ranking.outranks:
            yield path, subject, f'there is no row for "{ask}", expected one for each of {", ".join(asks)}'
    for ask, others in ranking.outranks.items():
        row = (*path, ask)
        if ask not in asks:
            yield row, subject, f'"{ask}" is nothing that can be asked, expected {one_of(asks)}'
        for index, other in enumerate(others):
            here = (*row, index)
            if other not in asks:
                yield here, subject, f'"{other}" is nothing that can be asked, expected {one_of(asks)}'
            if other == ask:
                yield here, subject, f'"{ask}" outranks itself, expected equal asks to join'
            if other in others[:index]:
                yield here, subject, f'"{ask}" outranks "{other}" twice, expected it once'


class _Rules:
    """The rules for one machine."""

    def __init__(self, name: str, machine: Machine) -> None:
        self._path: Path = ("machines", name)
        self._subject = f"machine {name}"
        self._machine = machine

    def findings(self) -> Iterator[Finding]:
        """What breaks a rule, rule by rule."""
        yield from self._states()
        yield from self._pairs()
        for state, event, outcome in self._outcomes():
            yield from self._branches(state, event, outcome)
        yield from self._unreachable()
        yield from self._unused()

    def _outcomes(self) -> Iterator[tuple[str, str, Outcome]]:
        for state, row in self._machine.transitions.items():
            for event, outcome in row.items():
                yield state, event, outcome

    def _states(self) -> Iterator[Finding]:
        machine = self._machine
        if machine.initial not in machine.states:
            wrong = f'"{machine.initial}" is no state, expected {one_of(machine.states)}'
            yield (*self._path, "initial"), self._subject, wrong
        for name, state in machine.states.items():
            here = (*self._path, "states", name)
            row = machine.transitions.get(name)
            if state.kind == "final" and row is not None:
                wrong = f'state "{name}" is final and has transitions, expected none'
                yield (*self._path, "transitions", name), self._subject, wrong
            if state.kind != "final" and row is None:
                wrong = f'state "{name}" has no transitions, expected one for each event (or the kind final)'
                yield here, self._subject, wrong
            if state.kind != "resting" and state.declares is not None:
                wrong = f'state "{name}" is {state.kind} and declares power, expected a resting state to do so'
                yield here, self._subject, wrong

    def _pairs(self) -> Iterator[Finding]:
        machine = self._machine
        for state, row in machine.transitions.items():
            here = (*self._path, "transitions", state)
            if state not in machine.states:
                wrong = f'transitions for "{state}", which is no state, expected {one_of(machine.states)}'
                yield here, self._subject, wrong
            for event in row:
                if event not in machine.events:
                    wrong = f'a transition for "{event}", which is no event, expected {one_of(machine.events)}'
                    yield (*here, event), f'{self._subject}: state "{state}"', wrong
            for event in machine.events:
                if event not in row:
                    wrong = f'nothing is declared for event "{event}", expected a branch, ignore or reject'
                    yield here, f'{self._subject}: state "{state}"', wrong

    def _branches(self, state: str, event: str, outcome: Outcome) -> Iterator[Finding]:
        subject = f'{self._subject}: state "{state}", event "{event}"'
        path = (*self._path, "transitions", state, event)
        taken = branches(outcome)
        for index, branch in enumerate(taken):
            here = (*path, index) if isinstance(outcome, list) else path
            for rule in (self._names(branch), _order(branch, self._machine), _shadowed(taken, index)):
                for tail, wrong in rule:
                    yield (*here, *tail), subject, wrong
        if taken and all(branch.when for branch in taken):
            here = (*path, len(taken) - 1) if isinstance(outcome, list) else path
            yield here, subject, "nothing is left where no guard holds, expected a last branch without when"

    def _names(self, branch: Branch) -> Iterator[tuple[Path, str]]:
        machine = self._machine
        if branch.to not in machine.states:
            yield ("to",), f'leads to "{branch.to}", which is no state, expected {one_of(machine.states)}'
        yield from _listed("when", "guard", branch.when, machine.guards)
        yield from _listed("do", "effect", branch.do, machine.effects)

    def _unreachable(self) -> Iterator[Finding]:
        machine = self._machine
        targets = {branch.to for _, branch in self._taken()} | {machine.initial, *machine.transitions}
        if not targets <= machine.states.keys():
            return  # A misspelt state is told already; what it cuts off is no second mistake.
        reached: set[str] = set()
        ahead = [machine.initial]
        while ahead:
            state = ahead.pop()
            if state not in reached:
                reached.add(state)
                row = machine.transitions.get(state, {})
                ahead += [branch.to for outcome in row.values() for branch in branches(outcome)]
        for state in machine.states:
            if state not in reached:
                wrong = f'state "{state}" cannot be reached from "{machine.initial}", expected a way to it'
                yield (*self._path, "states", state), self._subject, wrong

    def _unused(self) -> Iterator[Finding]:
        machine = self._machine
        events = {event for event, _ in self._taken()}
        written = {event for row in machine.transitions.values() for event in row}
        guards = {guard for _, branch in self._taken() for guard in branch.when}
        effects = {effect for _, branch in self._taken() for effect in branch.do}
        sections: tuple[tuple[str, Iterable[str], set[str], set[str]], ...] = (
            ("event", [event for event in machine.events if event in written], events, written),
            ("guard", machine.guards, guards, guards),
            ("effect", machine.effects, effects, effects),
        )
        for word, declared, used, written in sections:
            if not written <= set(declared):
                continue  # A misspelt name is told already; the right one is unused for that alone.
            for name in declared:
                if name not in used:
                    wrong = f'{word} "{name}" is never used, expected a branch with it'
                    yield (*self._path, f"{word}s", name), self._subject, wrong

    def _taken(self) -> Iterator[tuple[str, Branch]]:
        for _, event, outcome in self._outcomes():
            for branch in branches(outcome):
                yield event, branch


def _listed(key: str, word: str, names: Sequence[str], declared: Iterable[str]) -> Iterator[tuple[Path, str]]:
    for index, name in enumerate(names):
        if name not in declared:
            yield (key, index), f'{word} "{name}" is not declared, expected {one_of(declared)}'
        if name in names[:index]:
            yield (key, index), f'{word} "{name}" stands twice, expected it once'


def _order(branch: Branch, machine: Machine) -> Iterator[tuple[Path, str]]:
    """Durable effects are committed before any live one follows, so they stand before them."""
    live: str | None = None
    for index, name in enumerate(branch.do):
        effect = machine.effects.get(name)
        if effect is None:
            continue
        if effect.kind == "live":
            live = live or name
        elif live is not None:
            wrong = f'the durable effect "{name}" stands after the live "{live}", expected durable ones first'
            yield ("do", index), wrong


def _shadowed(taken: Sequence[Branch], index: int) -> Iterator[tuple[Path, str]]:
    for number, earlier in enumerate(taken[:index], start=1):
        if set(earlier.when) <= set(taken[index].when):
            always = (
                f"branch {number} is taken whenever it could be"
                if earlier.when
                else (f"branch {number} before it has no when")
            )
            yield (), f"this branch is never taken: {always}, expected it before that one"
            return
