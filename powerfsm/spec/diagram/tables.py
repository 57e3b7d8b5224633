"""A spec as Markdown: everything that stands in the file, in the order in which one looks it up.

A picture leaves things out; these tables leave nothing out.  Every pair of state and event is in them, with
its guards, its effects, or the reason why nothing follows.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from powerfsm.power import Ask
from powerfsm.spec import schema
from powerfsm.spec.diagram.arrows import condition
from powerfsm.spec.diagram.path import Path, Step
from powerfsm.spec.diagram.picture import Way
from powerfsm.spec.diagram.views import declared_state
from powerfsm.spec.machine import Machine, Spec

_INTRODUCTION = """\
<!-- Made from spec/power.yaml by scripts/generate; change that and run it again. -->

# The declared machine

Everything here is made from [`spec/power.yaml`](../power.yaml): the machine that runs, these tables and the
pictures all come from that one file."""

_HOW_TO_READ = """\
A cell names where an event leads from a state; `=` is to stay there. An empty cell is rejected: it cannot
be, and is told as a defect. Where several names stand in a cell, guards decide; the lists below say which."""

_PROMISED = """\
What is promised, by the numbers of the promises. `powerfsm check` holds them against the model; those whose
facts the registry sees are held against every node while the daemon runs."""

_FOLLOWS = ("event", "leads to", "effects, or why not")
_STATES_ABREAST = 7
_STEP = ("step", "entry", "time", "operation", "from", "event", "leads to")


def reference(spec: Spec) -> str:
    """The whole reference page: both machines, timings, rankings, properties and facts."""
    parts = [
        _INTRODUCTION,
        *_machine(spec.node),
        *_machine(spec.drive),
        "## Timings",
        "Seconds; a driver, the configuration or a node may override each by its name.",
        _table(("timing", "default", "about"), _timings(spec)),
        "## Rankings",
        "Which request cancels the one in play. What does not cancel it waits; an equal one joins it.",
        *_rankings(spec),
        "## Properties",
        _PROMISED,
        _table(("promise", "property", "in words", "as a predicate"), _properties(spec)),
        "## Facts",
        "What properties speak of.",
        _table(("fact", "kind", "seen by", "about"), _facts(spec)),
    ]
    return "\n\n".join(parts) + "\n"


def table(machine: Machine) -> str:
    """One machine: where every event leads from every state, and what follows."""
    return "\n\n".join([_matrix(machine), *_transitions(machine)]) + "\n"


def state_table(machine: Machine, state: str) -> str:
    """One state of a machine: what every event does in it, and what leads to it.

    Raises:
        ValueError: No such state; the message lists those there are.
    """
    about = declared_state(machine, state)
    parts = [f"**`{state}`** ({about.kind}). {_text(about.about)}"]
    if about.kind != "final":
        parts.append(_table(_FOLLOWS, (row for event in machine.events for row in _rows(machine, state, event))))
    incoming = [row for other in machine.states if other != state for row in _leading(machine, other, state)]
    if incoming:
        parts += [f"What leads to `{state}`:", _table(("from", "event", "effects"), incoming)]
    return "\n\n".join(parts) + "\n"


def path_table(machine: Machine, went: Path, state: str | None = None) -> str:
    """The steps of a path in their order; where a state is given, only those that touch it.

    Raises:
        ValueError: No such state; the message lists those there are.
    """
    if state is not None:
        declared_state(machine, state)
    steps = [step for step in went.steps if state is None or state in {step.before, step.after}]
    return "\n\n".join([_text(went.about), _table(_STEP, map(_step, steps))]) + "\n"


def _step(step: Step) -> Sequence[str]:
    entry = step.entry
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if step.after is None:
        after = ", ".join(f"{word}: {reason}" for word, reason in entry.detail.items())
    else:
        after = "=" if step.after == step.before else f"`{step.after}`"
    operation = "" if entry.operation is None else f"#{entry.operation}"
    cells = (str(step.number), str(entry.seq), at, operation, f"`{step.before}`", f"`{entry.event}`", after)
    return [_text(cell) for cell in cells]


def _leading(machine: Machine, state: str, target: str) -> Iterator[Sequence[str]]:
    """The branches of `state` that lead to `target`."""
    if machine.kind(state) != "final":
        for event in machine.events:
            for told, to, effects in _rows(machine, state, event):
                if to == f"`{target}`":
                    yield f"`{state}`", told, effects


def _machine(machine: Machine) -> Iterator[str]:
    declared = machine.declared
    yield f"## The machine `{machine.name}`"
    yield f"{declared.about} It begins in `{machine.initial}`."
    yield f"![The machine {machine.name}]({machine.name}.svg)"
    yield f"### States of `{machine.name}`"
    yield _table(
        ("state", "kind", "declares", "about"),
        (
            (f"`{name}`", state.kind, state.declares or "", _text(state.about))
            for name, state in declared.states.items()
        ),
    )
    yield f"### Events of `{machine.name}`"
    yield _table(
        ("event", "from", "about"),
        ((f"`{name}`", event.source, _text(event.about)) for name, event in declared.events.items()),
    )
    yield f"### Guards of `{machine.name}`"
    yield _table(
        ("guard", "holds where"),
        ((f"`{name}`", _text(about)) for name, about in declared.guards.items()),
    )
    yield f"### Effects of `{machine.name}`"
    yield "Durable effects are one commit together with the new state; live ones follow once it is on disk."
    yield _table(
        ("effect", "kind", "about"),
        ((f"`{name}`", effect.kind, _text(effect.about)) for name, effect in declared.effects.items()),
    )
    yield f"### Where events lead in `{machine.name}`"
    yield _HOW_TO_READ
    yield _matrix(machine)
    yield f"### What follows in `{machine.name}`"
    yield from _transitions(machine)


def _matrix(machine: Machine) -> str:
    """Events down, states across: there are more events than states in either machine.

    So many states at a time that a page shows the table whole.
    """
    states = [state for state in machine.states if machine.kind(state) != "final"]
    parts = -(-len(states) // _STATES_ABREAST)
    return "\n\n".join(
        _table(
            ("", *(f"`{state}`" for state in some)),
            ((f"`{event}`", *(_cell(machine, state, event) for state in some)) for event in machine.events),
        )
        for part in range(parts)
        for some in [states[part * len(states) // parts : (part + 1) * len(states) // parts]]
    )


def _cell(machine: Machine, state: str, event: str) -> str:
    match machine.outcome(state, event):
        case schema.Ignore():
            return "*ignored*"
        case schema.Reject():
            return ""
        case outcome:
            targets = dict.fromkeys(branch.to for branch in schema.branches(outcome))
            return "<br>".join("=" if target == state else target for target in targets)


def _transitions(machine: Machine) -> Iterator[str]:
    for state in machine.states:
        if machine.kind(state) != "final":
            yield f"**`{state}`**"
            yield _table(
                _FOLLOWS,
                (row for event in machine.events for row in _rows(machine, state, event)),
            )


def _rows(machine: Machine, state: str, event: str) -> Iterator[Sequence[str]]:
    match machine.outcome(state, event):
        case schema.Ignore(ignore=reason):
            yield f"`{event}`", "ignored", _text(reason)
        case schema.Reject(reject=reason):
            yield f"`{event}`", "rejected", _text(reason)
        case outcome:
            for branch in schema.branches(outcome):
                effects = ", ".join(f"`{effect}`" for effect in branch.do)
                yield f"`{Way(event, condition(outcome, branch)).label}`", f"`{branch.to}`", effects


def _timings(spec: Spec) -> Iterator[Sequence[str]]:
    for name, timing in spec.file.timings.items():
        yield f"`{name}`", f"{timing.default:g}", _text(timing.about)


def _rankings(spec: Spec) -> Iterator[str]:
    for name, ranking in spec.rankings.items():
        yield f"### `{name}`"
        yield ranking.about
        yield _table(
            ("asked \\ in play", *(f"`{ask}`" for ask in Ask)),
            (
                (f"`{asked}`", *(_rank(asked is in_play, ranking.outranks(asked, in_play)) for in_play in Ask))
                for asked in Ask
            ),
        )


def _properties(spec: Spec) -> Iterator[Sequence[str]]:
    for name, each in spec.file.properties.items():
        words = _text(each.about if each.given is None else f"{each.about} *Given: {each.given}*")
        if each.leads_to is not None:
            predicate = f"from `{each.leads_to.start}` to `{each.leads_to.to}`"
        else:
            predicate = f"`{each.always}`" if each.always is not None else f"in the end for ever `{each.finally_}`"
        yield str(each.promise), f"`{name}`", words, predicate


def _facts(spec: Spec) -> Iterator[Sequence[str]]:
    for name, fact in spec.file.facts.items():
        yield f"`{name}`", fact.kind, f"the {fact.seen}", _text(fact.about)


def _rank(equal: bool, outranks: bool) -> str:
    return "joins" if equal else "**cancels**" if outranks else "waits"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _text(text: str) -> str:
    """Prose that cannot end a cell."""
    return " ".join(text.split()).replace("|", "\\|")
