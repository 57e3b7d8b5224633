"""The properties: what is promised of a node, sentence by sentence, each with its predicate.

The facts that they speak of are declared beside them.  A fact is seen by the registry, so that a running daemon
can be asked for it, or only by who sees the whole world: the model checker, and the simulator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from powerfsm.power import Ask, Desired, Power
from powerfsm.spec import schema
from powerfsm.spec.predicate import AtMost, Flag, Is, Predicate, Same, UnreadablePredicate, facts_of, parse, parts

NONE = "none"


@dataclass(frozen=True, slots=True)
class Property:
    """One property, its predicates read; of always, finally and leads_to exactly one is not None.

    Attributes:
        name: As in the file.
        promise: The number of the promise that it makes exact.
        about: One sentence.
        always: It never does not hold.
        finally_: From some moment on it holds for ever.
        leads_to: Whenever the first holds, the second holds then or later.
        given: What is assumed, in words, or None.
        witness: Where it is put to the test.
        at_run_time: Whether a running daemon sees every fact that `always` speaks of.
    """

    name: str
    promise: int
    about: str
    always: Predicate | None
    finally_: Predicate | None
    leads_to: tuple[Predicate, Predicate] | None
    given: str | None
    witness: Predicate
    at_run_time: bool


def properties_of(file: schema.File) -> Mapping[str, Property]:
    """The properties of a file that has been judged, by name, in the order of the file."""
    return MappingProxyType({name: _property(name, each, file.facts) for name, each in file.properties.items()})


def vocabulary(file: schema.File, kind: schema.FactKind) -> frozenset[str]:
    """The words that a fact of this kind can be; none for flags and numbers."""
    match kind:
        case "state":
            words = set(file.machines.node.states)
        case "phase":
            words = {*file.machines.drive.states, NONE}
        case "power":
            words = {*map(str, Power), NONE}
        case "desired":
            words = {*map(str, Desired), NONE}
        case "ask":
            words = {*map(str, Ask), NONE}
        case "ranking":
            words = set(file.rankings)
        case _:
            words = set()
    return frozenset(words)


def mistakes_of(file: schema.File) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """What is wrong with the properties: name of the property, keys below it, and what was expected."""
    for name, each in file.properties.items():
        told = [key for key in ("always", "finally_", "leads_to") if getattr(each, key) is not None]
        if len(told) != 1:
            yield name, (), "expected exactly one of always, finally, leads-to"
        for keys, text in _texts(each):
            try:
                predicate = parse(text, file.facts)
            except UnreadablePredicate as error:
                yield name, keys, str(error)
            else:
                for wrong in _misfits(predicate, file):
                    yield name, keys, wrong


def _texts(declared: schema.Property) -> Iterator[tuple[tuple[str, ...], str]]:
    if declared.always is not None:
        yield ("always",), declared.always
    if declared.finally_ is not None:
        yield ("finally",), declared.finally_
    if declared.leads_to is not None:
        yield ("leads-to", "from"), declared.leads_to.start
        yield ("leads-to", "to"), declared.leads_to.to
    yield ("witness",), declared.witness


def _misfits(predicate: Predicate, file: schema.File) -> Iterator[str]:
    """Where a predicate takes a fact for what it cannot be."""
    for part in parts(predicate):
        match part:
            case Flag(fact):
                if file.facts[fact].kind != "flag":
                    yield f"{fact} is a {file.facts[fact].kind} and stands alone, expected is or at-most after it"
            case Is(fact, value):
                kind = file.facts[fact].kind
                words = vocabulary(file, kind)
                if kind == "flag":
                    yield f"{fact} is a flag, expected it alone"
                elif kind == "number" and not isinstance(value, int):
                    yield f'{fact} is a number, expected one in the place of "{value}"'
                elif kind != "number" and value not in words:
                    yield f'{fact} is never "{value}", expected one of {", ".join(sorted(words))}'
            case AtMost(fact, _):
                if file.facts[fact].kind != "number":
                    yield f"{fact} is a {file.facts[fact].kind}, expected a number before at-most"
            case Same(fact, other):
                kinds = {file.facts[fact].kind, file.facts[other].kind}
                if len(kinds) > 1 and not kinds <= {"power", "desired"}:
                    yield f"{fact} and {other} are of different kinds, expected the same"
            case _:
                pass  # What is made of these holds what they hold.


def _property(name: str, declared: schema.Property, facts: Mapping[str, schema.Fact]) -> Property:
    def read(text: str | None) -> Predicate | None:
        return None if text is None else parse(text, facts)

    always, leads_to = read(declared.always), declared.leads_to
    return Property(
        name=name,
        promise=declared.promise,
        about=declared.about,
        always=always,
        finally_=read(declared.finally_),
        leads_to=None if leads_to is None else (parse(leads_to.start, facts), parse(leads_to.to, facts)),
        given=declared.given,
        witness=parse(declared.witness, facts),
        at_run_time=always is not None and all(facts[fact].seen == "registry" for fact in facts_of(always)),
    )
