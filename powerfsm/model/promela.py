"""The formal model: what `spec/power.yaml` declares as Promela, put before the world of `spec/environment`.

Generated are the words, the rankings, the steps of both machines and the properties; written by hand is what a
guard asks, what an effect does and what the phases of a drive do, and everything that is not the daemon.  The two
meet in names: a guard `joins` is `guard_joins(n)`, an effect `put-in-play` is `do_put_in_play(n)`, a fact
`in-play` is `fact_in_play(n)`; whatever the spec names and the environment does not have, Spin refuses.

With mutants, one model holds all of them: `MUTANT` says which one it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from powerfsm.model.mutants import Mutant
from powerfsm.model.outcomes import Numbered, Place, outcome, symbol
from powerfsm.power import Ask
from powerfsm.spec import Machine, Spec, schema
from powerfsm.spec.predicate import And, AtMost, Flag, Implies, Is, Not, Or, Predicate, Same
from powerfsm.spec.properties import NONE, Property

BELOW = ("state.pml", "size.pml", "registry.pml", "drive.pml")
"""What the generated steps build on, each on those before it."""

ABOVE = ("action.pml", "world.pml")
"""What takes the generated steps."""

# Words of the environment's own, beside those of the spec.
_OWN_WORDS = (NONE, "close")

_Mutants = Mapping[tuple[str, str, str], Sequence[Numbered]]


def promela(spec: Spec, *, nodes: int = 1, mutants: Sequence[Mutant] = ()) -> str:
    """The whole model as one text for Spin.

    Args:
        spec: What is declared.
        nodes: How many nodes stand before one BMC, 1 or 2.
        mutants: Which of them the model can be told to be, by `MUTANT` counted from 1.
    """
    pieces = [
        ("words.pml", words(spec, nodes=nodes, mutants=mutants)),
        *((name, _environment(name)) for name in BELOW),
        ("steps.pml", steps(spec, mutants)),
        *((name, _environment(name)) for name in ABOVE),
        ("watch.pml", watch(spec, nodes)),
    ]
    return "".join(f"/* ---- {name} ---- */\n{text}" for name, text in pieces)


def generated(spec: Spec) -> dict[str, str]:
    """What is generated of the model, as it is checked in: texts by the names of their files."""
    return {"words.pml": words(spec), "steps.pml": steps(spec), "watch.pml": watch(spec, 1)}


def _environment(name: str) -> str:
    return files("powerfsm.model").joinpath("environment", name).read_text(encoding="utf-8")


# Words.


def words(spec: Spec, *, nodes: int = 1, mutants: Sequence[Mutant] = ()) -> str:
    """The vocabulary: every word of the spec as a constant, and what is to be known of states and asks."""
    return "\n".join(_words(spec, nodes, mutants)) + "\n"


def _words(spec: Spec, nodes: int, mutants: Sequence[Mutant]) -> Iterator[str]:
    node, drive = spec.node, spec.drive
    names = dict.fromkeys(
        [*node.states, *drive.states, *node.events, *drive.events, *map(str, Ask), *spec.rankings]
    )
    yield "/* Made from spec/power.yaml by scripts/generate; change that and run it again. */"
    yield f"#define N {nodes}"
    yield "mtype = {"
    yield ",\n".join(f"    {symbol(name)}" for name in [*_OWN_WORDS, *(name for name in names)])
    yield "};"
    yield f"#define INITIAL_STATE {_first(node, mutants)}"
    yield f"#define FIRST_PHASE {_first(drive, mutants)}"
    yield f"#define RESTS(state) {_among('state', [s for s in node.states if node.kind(s) == 'resting'])}"
    yield f"#define DECLARES(state) {_declares(node)}"
    yield f"#define IS_FINAL(phase) {_among('phase', [s for s in drive.states if drive.kind(s) == 'final'])}"
    yield f"#define IS_LEAVING(phase) {_among('phase', [s for s in drive.states if drive.kind(s) == 'leaving'])}"
    yield f"#define RANKING_NAMED {_chosen([(f'RANKING == {i}', name) for i, name in enumerate(spec.rankings)])}"
    yield f"#define OUTRANKS(ask, other) {_outranks(spec)}"


def _first(machine: Machine, mutants: Sequence[Mutant]) -> str:
    text = symbol(machine.initial)
    for number, mutant in enumerate(mutants, start=1):
        if mutant.initial is not None and mutant.machine == machine.name:
            text = f"(MUTANT == {number} -> {symbol(mutant.initial)} : {text})"
    return text


def _among(variable: str, names: Sequence[str]) -> str:
    return "(" + " || ".join(f"{variable} == {symbol(name)}" for name in names) + ")"


def _declares(node: Machine) -> str:
    return _chosen([(f"state == {symbol(s)}", str(p)) for s in node.states if (p := node.declares(s)) is not None])


def _chosen(choices: Sequence[tuple[str, str]]) -> str:
    text = NONE
    for condition, word in reversed(choices):
        text = f"({condition} -> {symbol(word)} : {text})"
    return text


def _outranks(spec: Spec) -> str:
    rankings = []
    for index, ranking in enumerate(spec.rankings.values()):
        pairs = [
            f"(ask == {symbol(ask)} && {_among('other', sorted(others))})"
            for ask, others in ranking.table.items()
            if others
        ]
        rankings.append(f"(RANKING == {index} && ({' || '.join(pairs)}))")
    return "(" + " || ".join(rankings) + ")"


# Steps.


def steps(spec: Spec, mutants: Sequence[Mutant] = ()) -> str:
    """The steps of both machines, an inline for each event."""
    by_pair: dict[tuple[str, str, str], list[Numbered]] = {}
    for number, mutant in enumerate(mutants, start=1):
        if mutant.initial is None:
            by_pair.setdefault((mutant.machine, mutant.state, mutant.event), []).append((number, mutant))
    lines = [
        "/* Made from spec/power.yaml by scripts/generate; change that and run it again. */",
    ]
    for machine in (spec.node, spec.drive):
        # An inline stands before those that call it: `next` is told within the steps that take the next one up.
        events = sorted(machine.events, key=lambda event: event != "next")
        for event in events:
            lines += _step(machine, event, by_pair)
    return "\n".join(lines) + "\n"


def _step(machine: Machine, event: str, mutants: _Mutants) -> Iterator[str]:
    node = machine.name == "node"
    state = "st[n]" if node else "ph[n]"
    begins, ends = ("step_begins", "step_ends") if node else ("phase_begins", "phase_ends")
    yield f"inline {machine.name}_{symbol(event)}(n) {{"
    yield f"    {begins}(n);"
    yield "    if"
    follows = False
    for before in machine.states:
        if machine.kind(before) == "final":
            continue
        declared = machine.outcome(before, event)
        others = mutants.get((machine.name, before, event), ())
        if isinstance(declared, schema.Reject) and not others:
            continue
        follows = follows or any("take-next" in branch.do for branch in schema.branches(declared))
        yield f"    :: {state} == {symbol(before)} ->    /* {machine.name}: {before}, {event} */"
        yield from outcome(declared, others, Place(event, state, " " * 8))
    yield f"    :: else -> reject(n, {symbol(event)})"
    yield "    fi;"
    yield f'    printf("@%d {machine.name} #%d #%d #%d\\n", (n) + 1, was, {symbol(event)}, {state});'
    if follows:
        yield "    if"
        yield "    :: after_that -> node_next(n)"
        yield "    :: else"
        yield "    fi;"
    yield f"    {ends}(n)"
    yield "}"


# Properties.


def watch(spec: Spec, nodes: int) -> str:
    """The properties: a party that goes on only where one is broken, and what is to come in the end."""
    return "\n".join(_watch(spec, nodes)) + "\n"


def _watch(spec: Spec, nodes: int) -> Iterator[str]:
    always = [each for each in spec.properties.values() if each.always is not None]
    yield "/* Made from spec/power.yaml by scripts/generate; change that and run it again. */"
    for each in always:
        assert each.always is not None
        yield f"/* {each.promise}. {each.about} */"
        yield f"#define holds_{symbol(each.name)}(n) {expression(each.always)}"
    yield f"#define all_hold(n) ({' && '.join(f'holds_{symbol(each.name)}(n)' for each in always)})"
    numbers = {each.name: number for number, each in enumerate(spec.properties.values(), start=1)}
    chosen = "true"
    for each in always:
        chosen = f"(LOOKING_FOR == -{numbers[each.name]} -> holds_{symbol(each.name)}(n) : {chosen})"
    yield f"#define chosen_holds(n) {chosen}"
    yield "proctype Watch(byte n) {"
    yield "end:"
    yield "    do"
    yield "    :: atomic { LOOKING_FOR <= 0 && (LOOKING_FOR == 0 -> !all_hold(n) : !chosen_holds(n)) ->"
    yield "           if"
    for each in always:
        asked = f"(LOOKING_FOR == 0 || LOOKING_FOR == -{numbers[each.name]})"
        yield f"           :: {asked} && !holds_{symbol(each.name)}(n) ->"
        yield f'               printf("@%d broken {each.name}\\n", n + 1)'
    yield "           fi;"
    yield "           assert(false) }"
    for number, each in enumerate(spec.properties.values(), start=1):
        yield f"    :: atomic {{ LOOKING_FOR == {number} && {expression(each.witness)} ->"
        yield f'           printf("@%d witness {each.name}\\n", n + 1); assert(false) }}'
    yield "    od"
    yield "}"
    yield "init {"
    yield "    c_code { settle_the_size(); };"
    yield "    luck = LUCK;"
    yield "    atomic {"
    for node in range(nodes):
        # Here again: which mutant it is, is not known before.
        yield f"        st[{node}] = INITIAL_STATE; people({node});"
    yield "        run Fate();"
    yield "#ifdef LIVENESS"
    yield "        run Clock()"
    yield "#else"
    yield "; ".join(f"        run Watch({node})" for node in range(nodes))
    yield "#endif"
    yield "    }"
    yield "}"
    yield "#ifdef LIVENESS"
    for each in spec.properties.values():
        yield from _never(each)
    yield "#endif"


def _never(declared: Property) -> Iterator[str]:
    """What would break a promise about the end, as an automaton: formulas cannot hold conditional expressions."""
    name = symbol(declared.name)
    if declared.finally_ is not None:
        broken = f"!{expression(declared.finally_, '0')}"
        first, stays, then = broken, "true", "begin"
    elif declared.leads_to is not None:
        start, to = (expression(each, "0") for each in declared.leads_to)
        first, stays, then = f"{start} && !{to}", f"!{to}", "accept"
    else:
        return
    yield f"/* {declared.promise}. {declared.about} */"
    yield f"never {name} {{"
    yield f"begin_{name}:  do :: {first} -> goto accept_{name} :: true od;"
    yield f"accept_{name}: do :: {stays} -> goto {then}_{name} od"
    yield "}"


def expression(predicate: Predicate, node: str = "n") -> str:
    """A predicate as an expression of Promela, in parentheses."""
    match predicate:
        case Flag(fact):
            return f"({_fact(fact, node)})"
        case Is(fact, value):
            return f"({_fact(fact, node)} == {symbol(str(value))})"
        case Same(fact, other):
            return f"({_fact(fact, node)} == {_fact(other, node)})"
        case AtMost(fact, most):
            return f"({_fact(fact, node)} <= {most})"
        case Not(part):
            return f"(!{expression(part, node)})"
        case And(left, right):
            return f"({expression(left, node)} && {expression(right, node)})"
        case Or(left, right):
            return f"({expression(left, node)} || {expression(right, node)})"
        case Implies(left, right):
            return f"(!{expression(left, node)} || {expression(right, node)})"


def _fact(fact: str, node: str) -> str:
    return f"fact_{symbol(fact)}({node})"
