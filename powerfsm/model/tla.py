"""The formal model once more, in TLA+: what `spec/power.yaml` declares, for those who have TLC.

It is made as the Promela is (`powerfsm.model.promela`), of the same names: a guard `joins` is `GuardJoins(w)`, an
effect `put-in-play` is `DoPutInPlay(w)`, a fact `in-play` is `FactInPlay(w)`, and whatever the spec names and the
modules of `spec/environment` do not have, SANY refuses.  Words of the spec are strings and stay as they are.

The modules extend one another, generated and written by hand in turn: PowerWords, then State, Registry and Drive,
then PowerSteps, then Action and World, then PowerFsm, which is the one that TLC is given.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from powerfsm.model.sizes import NEVER_STOP, ON_OFF, PASSING, Misfortune, Size
from powerfsm.power import Ask
from powerfsm.spec import Machine, Spec, schema
from powerfsm.spec.predicate import And, AtMost, Flag, Implies, Is, Not, Or, Predicate, Same
from powerfsm.spec.properties import Property

ALWAYS: Final = Size(name="always", requests=2, luck=1)
"""The size of PowerFsm.cfg, for what holds always: TLC is through with it within a minute or two."""

IN_THE_END: Final = Size(
    name="in the end",
    requests=2,
    luck=1,
    asks=(Ask.ON, Ask.OFF, Ask.CYCLE),
    # After a crash the newest of two operations is taken up: an off in play need not be reached then.
    kinds=PASSING & ~Misfortune.CRASH,
)
"""The size of InTheEnd.cfg, for the promises about the end, which take TLC longer for each state."""

DRIFT: Final = Size(name="drift", requests=1, luck=1, asks=ON_OFF, kinds=Misfortune.BUTTON, policy=0)
"""The size of Drift.cfg, for what is promised of a power that others change; the sweep reads."""

_OF_DRIFT = "drift-is-seen"
_POLICIES = ("flag", "adopt", "enforce")
_WIDTH = 86
_MADE = r"\* Made from spec/power.yaml by scripts/generate; change that and run it again."


def generated(spec: Spec) -> dict[str, str]:
    """The generated modules and the configuration for TLC, by file name."""
    return {
        "PowerWords.tla": _module("PowerWords", "", words(spec)),
        "PowerSteps.tla": _module("PowerSteps", "Drive", steps(spec)),
        "PowerFsm.tla": _module("PowerFsm", "World", promises(spec)),
        "PowerFsm.cfg": configuration(ALWAYS, "Unfair", always=["WellFormed", *invariants(spec).values()]),
        "InTheEnd.cfg": _of_the_end(spec, IN_THE_END),
        "Drift.cfg": _of_the_end(spec, DRIFT),
    }


def _of_the_end(spec: Spec, size: Size) -> str:
    return configuration(size, "Spec", finally_=[formulas(spec)[name] for name in tried(spec, size)])


def tried(spec: Spec, size: Size) -> list[str]:
    """The promises about the end that a size puts to the test: that of drift only where nodes at rest are read."""
    return [name for name in formulas(spec) if (name == _OF_DRIFT) == (size.policy is not None)]


def name_of(name: str, prefix: str = "") -> str:
    """A name of the spec as an operator is called: `put-in-play` with prefix `Do` is `DoPutInPlay`."""
    return prefix + "".join(word.capitalize() for word in name.split("-"))


def invariants(spec: Spec) -> dict[str, str]:
    """The names of the properties that hold always, and what each is called in PowerFsm."""
    return {each.name: name_of(each.name) for each in spec.properties.values() if each.always is not None}


def formulas(spec: Spec) -> dict[str, str]:
    """The names of the properties about what comes in the end, and what each is called in PowerFsm."""
    return {each.name: name_of(each.name) for each in spec.properties.values() if each.always is None}


def witnesses(spec: Spec) -> dict[str, str]:
    """The names of the properties, and what says in PowerFsm that its witness never is: TLC is to refute it."""
    return {name: name_of(name, "Never") for name in spec.properties}


def configuration(size: Size, behaviour: str, *, always: Iterable[str] = (), finally_: Iterable[str] = ()) -> str:
    """A configuration for TLC, which is to be told not to look for deadlock: runs end where requests have.

    Args:
        size: Bounds, of one node.
        behaviour: `Spec`, or `Unfair` for runs in which whoever can go on may never do so.
        always: Operators that are to hold in every state.
        finally_: Formulas that are to hold of every run.

    Raises:
        ValueError: The size is of more nodes than one.
    """
    lines = [
        _MADE,
        f"SPECIFICATION {behaviour}",
        *(f"CONSTANT {name} = {value}" for name, value in constants(size).items()),
        *(f"INVARIANT {name}" for name in always),
        *(f"PROPERTY {name}" for name in finally_),
    ]
    return "\n".join(lines) + "\n"


def constants(size: Size) -> dict[str, str]:
    """The constants of the model, each as TLA+ writes it.

    Raises:
        ValueError: The size is of more nodes than one.
    """
    if size.nodes != 1:
        raise ValueError(f"the TLA+ has one node, the size {size.name!r} is of {size.nodes}")
    endless = size.requests == NEVER_STOP
    return {
        "Kinds": _set(str(kind.name).lower() for kind in Misfortune if kind in size.kinds),
        "Luck": str(size.luck),
        "Asks": _set(size.asks),
        "Requests": "0" if endless else str(size.requests),
        "Endless": _truth(endless),
        "Slots": str(size.slots),
        "Latches": _truth(True),
        "Sweeps": _truth(size.policy is not None),
        "Policy": f'"{_POLICIES[size.policy or 0]}"',
        "Ranking": f'"{size.ranking}"',
    }


def _truth(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _module(name: str, extends: str, lines: Iterable[str]) -> str:
    text = [
        f" MODULE {name} ".center(_WIDTH, "-"),
        _MADE,
        *([f"EXTENDS {extends}"] if extends else []),
        "",
        *lines,
        "=" * _WIDTH,
    ]
    return "\n".join(text) + "\n"


def _set(names: Iterable[str]) -> str:
    return "{" + ", ".join(f'"{name}"' for name in names) + "}"


# Words.


def words(spec: Spec) -> Iterator[str]:
    """The vocabulary: states, asks and rankings, and what is to be known of them."""
    node, drive = spec.node, spec.drive
    yield f"NodeStates == {_set(node.states)}"
    yield f"DriveStates == {_set(drive.states)}"
    yield f"AllAsks == {_set(map(str, Ask))}"
    yield f"AllRankings == {_set(spec.rankings)}"
    yield ""
    yield f'InitialState == "{node.initial}"'
    yield f'FirstPhase == "{drive.initial}"'
    yield ""
    yield f"Rests(state) == state \\in {_set(_of_kind(node, 'resting'))}"
    yield f"IsLeaving(phase) == phase \\in {_set(_of_kind(drive, 'leaving'))}"
    yield f"IsFinal(phase) == phase \\in {_set(_of_kind(drive, 'final'))}"
    yield "Declares(state) =="
    declaring = [(f'state = "{s}"', f'"{power}"') for s in node.states if (power := node.declares(s)) is not None]
    yield from _cases([*declaring, ("OTHER", '"none"')])
    yield ""
    yield r"\* What is in play and is one of these is cancelled; all else waits for it."
    yield "Outranked(ranking, ask) =="
    pairs = [
        (f'ranking = "{ranking.name}" /\\ ask = "{ask}"', _set(other for other in Ask if other in others))
        for ranking in spec.rankings.values()
        for ask, others in ranking.table.items()
        if others
    ]
    yield from _cases([*pairs, ("OTHER", "{}")])
    yield "Outranks(ranking, ask, other) == other \\in Outranked(ranking, ask)"


def _of_kind(machine: Machine, kind: schema.StateKind) -> list[str]:
    return [state for state in machine.states if machine.kind(state) == kind]


def _cases(cases: Sequence[tuple[str, str]]) -> Iterator[str]:
    for index, (condition, value) in enumerate(cases):
        yield f"    {'[]' if index else 'CASE'} {condition} -> {value}"


# Steps.


def steps(spec: Spec) -> Iterator[str]:
    """The steps of both machines, an operator for each event; states in which it does the same stand together."""
    for machine in (spec.node, spec.drive):
        yield f"(* The machine `{machine.name}`: {machine.declared.about} *)"
        # An operator stands before those that use it: `next` comes within the steps that take the next one up.
        for event in sorted(machine.events, key=lambda event: event != "next"):
            yield ""
            yield from _step(machine, event)
        yield ""


def _step(machine: Machine, event: str) -> Iterator[str]:
    node = machine.name == "node"
    yield f"\\* {machine.declared.events[event].about}"
    yield f"{name_of(event, machine.name.capitalize())}(world_before) =="
    yield f"    LET w == {'StepBegins(world_before)' if node else 'world_before'}"
    yield "        stepped =="
    for index, (states, lines) in enumerate(_outcomes(machine, event)):
        where = f"w.{'st' if node else 'ph'} \\in {_set(states)}" if states else "OTHER"
        yield f"            {'[]' if index else 'CASE'} {where} ->"
        yield from _indented(_indented(_indented(_indented(lines))))
    result = "stepped"
    if any(
        "take-next" in branch.do for state in _steppable(machine) for branch in _branches(machine, state, event)
    ):
        yield "        followed == IF stepped.takes_next THEN NodeNext(stepped) ELSE stepped"
        result = "followed"
    yield f"    IN {'StepEnds' if node else 'PhaseEnds'}({result})"


def _outcomes(machine: Machine, event: str) -> list[tuple[list[str], list[str]]]:
    """States with what happens in them, in lines; last of all, without states, what happens in those not named."""
    together: dict[tuple[str, ...], list[str]] = {}
    for state in _steppable(machine):
        outcome = machine.outcome(state, event)
        if isinstance(outcome, schema.Reject):
            continue
        if isinstance(outcome, schema.Ignore):
            lines: tuple[str, ...] = ("w",)
        else:
            lines = tuple(_taken(machine, schema.branches(outcome)))
        together.setdefault(lines, []).append(state)
    return [*((states, list(lines)) for lines, states in together.items()), ([], ["Reject(w)"])]


def _steppable(machine: Machine) -> list[str]:
    return [state for state in machine.states if machine.kind(state) != "final"]


def _branches(machine: Machine, state: str, event: str) -> tuple[schema.Branch, ...]:
    return schema.branches(machine.outcome(state, event))


def _taken(machine: Machine, branches: Sequence[schema.Branch]) -> Iterator[str]:
    """The branches in their order; where none is taken, the event cannot be."""
    otherwise = ["Reject(w)"]
    for index, branch in enumerate(branches):
        result = list(_effects(machine, branch))
        if not branch.when:
            otherwise = result
            break
        guards = " /\\ ".join(f"{name_of(guard, 'Guard')}(w)" for guard in branch.when)
        yield f"{'ELSE ' if index else ''}IF {guards} THEN"
        yield from _indented(result)
    if branches and branches[0].when:
        yield "ELSE"
        otherwise = list(_indented(otherwise))
    yield from otherwise


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _effects(machine: Machine, branch: schema.Branch) -> Iterator[str]:
    """A chain of worlds, each made of the one before by one effect, in the order of the file."""
    before = "w"
    for number, effect in enumerate(branch.do, start=1):
        yield f"{'    ' if number > 1 else 'LET '}w{number} == {name_of(effect, 'Do')}({before})"
        before = f"w{number}"
    field = "st" if machine.name == "node" else "ph"
    yield f'{"IN " if branch.do else ""}[{before} EXCEPT !.{field} = "{branch.to}"]'


# Promises.


def promises(spec: Spec) -> Iterator[str]:
    """Each promise with its number, and that its witness never is, which TLC is to refute."""
    for each in spec.properties.values():
        yield f"\\* {each.promise}. {each.about}"
        if each.given is not None:
            yield f"\\* Given: {each.given}"
        yield f"{name_of(each.name)} == {_formula(each)}"
        yield f"{name_of(each.name, 'Never')} == ~{expression(each.witness)}"
        yield ""


def _formula(declared: Property) -> str:
    if declared.always is not None:
        return expression(declared.always)
    if declared.finally_ is not None:
        return f"<>[]{expression(declared.finally_)}"
    assert declared.leads_to is not None
    start, to = declared.leads_to
    return f"{expression(start)} ~> {expression(to)}"


def expression(predicate: Predicate) -> str:
    """A predicate over the facts of the world, in parentheses."""
    match predicate:
        case Flag(fact):
            return f"({_fact(fact)})"
        case Is(fact, int(number)):
            return f"({_fact(fact)} = {number})"
        case Is(fact, word):
            return f'({_fact(fact)} = "{word}")'
        case Same(fact, other):
            return f"({_fact(fact)} = {_fact(other)})"
        case AtMost(fact, most):
            return f"({_fact(fact)} <= {most})"
        case Not(part):
            return f"(~{expression(part)})"
        case And(left, right):
            return f"({expression(left)} /\\ {expression(right)})"
        case Or(left, right):
            return f"({expression(left)} \\/ {expression(right)})"
        case Implies(left, right):
            return f"({expression(left)} => {expression(right)})"


def _fact(fact: str) -> str:
    return f"{name_of(fact, 'Fact')}(world)"
