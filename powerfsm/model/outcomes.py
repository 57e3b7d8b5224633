"""The outcome of one pair of state and event in Promela, which can be told to be any of its mutants.

What a mutant changes is asked for at the place where it changes it, so that the effects of a branch stand there
once however many mutants it has: Spin copies them to every place at which an event can come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from powerfsm.model.mutants import Mutant
from powerfsm.spec import schema

Numbered = tuple[int, Mutant]
"""A mutant, and the `MUTANT` by which the model is told to be it."""


def symbol(name: str) -> str:
    """A name of the spec as Promela writes it."""
    return name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an outcome is written.

    Attributes:
        event: What came, by its name in the spec.
        state: The variable of the machine's state.
        indent: What each line begins with.
    """

    event: str
    state: str
    indent: str

    def deeper(self) -> "Place":
        """One level further in."""
        return Place(self.event, self.state, f"{self.indent}    ")

    def reject(self) -> str:
        """The event is a defect."""
        return f"{self.indent}reject(n, {symbol(self.event)})"


def outcome(declared: schema.Outcome | None, mutants: Sequence[Numbered], place: Place) -> Iterator[str]:
    """The lines of Promela for what is declared, and for its mutants."""
    others = [number for number, _ in mutants]
    match declared:
        case schema.Ignore() if others:
            yield f"{place.indent}if :: {_is(others)} -> reject(n, {symbol(place.event)}) :: else fi"
        case schema.Ignore():
            yield f"{place.indent}skip"
        case None | schema.Reject() if others:
            yield f"{place.indent}if :: {_is_not(others)} -> reject(n, {symbol(place.event)}) :: else fi"
        case None | schema.Reject():
            yield place.reject()
        case _:
            yield from _branches(schema.branches(declared), 1, mutants, place)


def _branches(
    taken: Sequence[schema.Branch], first: int, mutants: Sequence[Numbered], place: Place
) -> Iterator[str]:
    """The branches from `first` on, which is counted from 1."""
    if not taken:
        yield place.reject()
        return
    branch, *rest = taken
    own = [(number, mutant) for number, mutant in mutants if mutant.branch == first]
    conditions = _conditions(branch, own)
    if swapped := [number for number, mutant in mutants if mutant.kind == "swap-branches" and first == 1]:
        second = " && ".join([_is(swapped), *(f"guard_{symbol(guard)}(n)" for guard in rest[0].when)])
        conditions.append(f"!({second})")
    effects = "; ".join([*_effects(branch, own), _leads_to(branch, own, place)])
    if not conditions:
        yield f"{place.indent}{effects}"
        return
    yield f"{place.indent}if"
    yield f"{place.indent}:: {' && '.join(conditions)} -> {effects}"
    yield f"{place.indent}:: else ->"
    yield from _branches(rest, first + 1, mutants, place.deeper())
    yield f"{place.indent}fi"


def _conditions(branch: schema.Branch, own: Sequence[Numbered]) -> list[str]:
    conditions = []
    if gone := _of(own, "drop-branch"):
        conditions.append(_is_not(gone))
    for guard in branch.when:
        asked = f"guard_{symbol(guard)}(n)"
        unasked = [number for number, mutant in own if mutant.kind == "drop-guard" and mutant.argument == guard]
        conditions.append(f"({_is(unasked)} || {asked})" if unasked else asked)
    return conditions


def _effects(branch: schema.Branch, own: Sequence[Numbered]) -> Iterator[str]:
    before, late = "", list[int]()
    for index, effect in enumerate(branch.do):
        after = "+".join(branch.do[index : index + 2])
        absent = [n for n, mutant in own if mutant.kind == "drop-effect" and mutant.argument == effect]
        later = [n for n, mutant in own if mutant.kind == "swap-effects" and mutant.argument == after]
        yield _where(_is_not([*absent, *later]) if absent or later else "", effect)
        if late:
            yield _where(_is(late), before)
        before, late = effect, later


def _where(condition: str, effect: str) -> str:
    done = f"do_{symbol(effect)}(n)"
    return f"if :: {condition} -> {done} :: else fi" if condition else done


def _leads_to(branch: schema.Branch, own: Sequence[Numbered], place: Place) -> str:
    to = symbol(branch.to)
    for number, mutant in own:
        if mutant.kind in ("retarget", "skip") and mutant.outcome is not None:
            other = schema.branches(mutant.outcome)[mutant.branch - 1].to
            to = f"(MUTANT == {number} -> {symbol(other)} : {to})"
    return f"{place.state} = {to}"


def _of(own: Sequence[Numbered], kind: str) -> list[int]:
    return [number for number, mutant in own if mutant.kind == kind]


def _is(numbers: Sequence[int]) -> str:
    told = " || ".join(f"MUTANT == {number}" for number in numbers)
    return f"({told})" if len(numbers) > 1 else told


def _is_not(numbers: Sequence[int]) -> str:
    return " && ".join(f"MUTANT != {number}" for number in numbers)
