"""Mutants: the spec with one thing in it changed, each of which something must notice.

A mutant gives one pair of state and event another outcome, or one machine another first state; so a model can
hold all of them and be told by a number which one to be.  They are made from the file, in its order: who adds a
transition adds its mutants, and has to say what notices them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from powerfsm.spec import Spec, schema
from powerfsm.spec.machine import assemble
from powerfsm.spec.meaning import findings_in

Kind = Literal[
    "drop-branch",
    "drop-guard",
    "swap-branches",
    "retarget",
    "skip",
    "drop-effect",
    "swap-effects",
    "ignore-becomes-reject",
    "reject-becomes-ignore",
    "initial",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

MachineName = Literal["node", "drive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of the spec.

    Attributes:
        name: Unique among the mutants of a spec, and the same for as long as what it changes stays where it is:
            `node/powering-on/request/2/drop-effect/cancel` (branches counted from 1).
        kind: What was done.
        machine: In which machine.
        state: In which state; empty where the first state is changed.
        event: On which event; likewise.
        branch: In which branch, counted from 1; 0 where it is not about one branch.
        argument: The guard, effect or state that it is about; two effects are joined by `+`.
        told: What was done, as a sentence.
        outcome: What happens now in `state` on `event`; None where nothing is declared any more, and where the
            first state is changed.
        initial: The first state now; None where that is not changed.
    """

    name: str
    kind: Kind
    machine: MachineName
    state: str = ""
    event: str = ""
    branch: int = 0
    argument: str = ""
    told: str
    outcome: schema.Outcome | None = None
    initial: str | None = None


def mutants(file: schema.File) -> list[Mutant]:
    """Every mutant of a file, in the order of the file; those that no loader would take among them."""
    return [
        *_Mutations("node", file.machines.node).all(),
        *_Mutations("drive", file.machines.drive).all(),
    ]


def apply(mutant: Mutant, file: schema.File) -> schema.File:
    """The file as the mutant has it.  It is not judged: see `refusals`."""
    before = file.machines.node if mutant.machine == "node" else file.machines.drive
    if mutant.initial is not None:
        after = before.model_copy(update={"initial": mutant.initial})
    else:
        row = dict(before.transitions[mutant.state])
        if mutant.outcome is None:
            del row[mutant.event]
        else:
            row[mutant.event] = mutant.outcome
        after = before.model_copy(update={"transitions": {**before.transitions, mutant.state: row}})
    machines = file.machines.model_copy(update={mutant.machine: after})
    return file.model_copy(update={"machines": machines})


def refusals(mutant: Mutant, file: schema.File) -> list[str]:
    """What a loader finds wrong with the mutant; such a mutant cannot run."""
    machine = getattr(apply(mutant, file).machines, mutant.machine)
    return [f"{subject}: {wrong}" for _, subject, wrong in findings_in(mutant.machine, machine)]


def spec_of(mutant: Mutant, spec: Spec) -> Spec:
    """The mutant of `spec`, ready to run; only for one that is not refused."""
    return assemble(apply(mutant, spec.file), f"{spec.digest} {mutant.name}")


class _Mutations:
    """The mutants of one machine."""

    def __init__(self, name: MachineName, machine: schema.Machine) -> None:
        self._name = name
        self._machine = machine
        self._states = list(machine.states)

    def all(self) -> Iterator[Mutant]:
        yield from self._initial()
        for state, row in self._machine.transitions.items():
            for event, outcome in row.items():
                yield from self._pair(state, event, outcome)

    def _initial(self) -> Iterator[Mutant]:
        initial = self._machine.initial
        for state in dict.fromkeys((self._beside(initial, 1), self._beyond(initial))):
            if state is not None and state != initial:
                yield Mutant(
                    name=f"{self._name}/initial/{state}",
                    kind="initial",
                    machine=self._name,
                    argument=state,
                    told=f"The machine {self._name} begins in {state} instead of {initial}.",
                    initial=state,
                )

    def _pair(self, state: str, event: str, outcome: schema.Outcome) -> Iterator[Mutant]:
        here = f"In {state} of {self._name}, {event}"
        match outcome:
            case schema.Ignore(ignore=reason):
                becomes = schema.Reject(reject=reason)
                told = f"{here} is a defect instead of being ignored."
                yield self._made("ignore-becomes-reject", state, event, told, becomes)
            case schema.Reject(reject=reason):
                ignored = schema.Ignore(ignore=reason)
                told = f"{here} is ignored instead of being a defect."
                yield self._made("reject-becomes-ignore", state, event, told, ignored)
            case _:
                yield from self._branches(state, event, schema.branches(outcome))

    def _branches(self, state: str, event: str, taken: tuple[schema.Branch, ...]) -> Iterator[Mutant]:
        if len(taken) > 1:
            swapped = [taken[1], taken[0], *taken[2:]]
            told = f"In {state} of {self._name}, {event} asks for the second branch before the first."
            yield self._made("swap-branches", state, event, told, swapped)
        for index, branch in enumerate(taken):
            where = f"In {state} of {self._name}, {event}"
            if len(taken) > 1:
                where += f" (branch {index + 1} of {len(taken)})"
            others = [*taken[:index], *taken[index + 1 :]]
            yield self._made("drop-branch", state, event, f"{where} is gone.", others or None, index + 1)
            for kind, argument, told, becomes in self._changes(branch):
                replaced = [*taken[:index], becomes, *taken[index + 1 :]]
                yield self._made(kind, state, event, f"{where} {told}.", replaced, index + 1, argument)

    def _changes(self, branch: schema.Branch) -> Iterator[tuple[Kind, str, str, schema.Branch]]:
        """What can be done to one branch: kind, what it is about, in words, and the branch after it."""

        def changed(**update: object) -> schema.Branch:
            return branch.model_copy(update=update)

        for guard in branch.when:
            when = [each for each in branch.when if each != guard]
            yield "drop-guard", guard, f"does not ask for the guard {guard}", changed(when=when)
        skipped = self._beyond(branch.to)
        for state in (self._beside(branch.to, 1), self._beside(branch.to, -1)):
            if state is not None and state != skipped:
                yield "retarget", state, f"leads to {state} instead of {branch.to}", changed(to=state)
        if skipped is not None:
            yield "skip", branch.to, f"leads past {branch.to} to {skipped}", changed(to=skipped)
        for effect in branch.do:
            do = [each for each in branch.do if each != effect]
            yield "drop-effect", effect, f"leaves out {effect}", changed(do=do)
        for index, (first, second) in enumerate(pairwise(branch.do)):
            do = [*branch.do[:index], second, first, *branch.do[index + 2 :]]
            yield "swap-effects", f"{first}+{second}", f"does {second} before {first}", changed(do=do)

    def _beside(self, state: str, by: int) -> str | None:
        """The state that stands `by` lines below `state` in the file, or None at the file's ends."""
        index = self._states.index(state) + by
        return self._states[index] if 0 <= index < len(self._states) else None

    def _beyond(self, state: str) -> str | None:
        """Where the drive goes on from a state that it does nothing in, as if that had ended well; else None.

        The first event that the file lets end a phase is the one by which it ends well, and of its branches the
        last is the one for which nothing special holds.
        """
        if self._name != "drive":
            return None
        for outcome in self._machine.transitions.get(state, {}).values():
            taken = schema.branches(outcome)
            if taken:
                return taken[-1].to
        return None

    def _made(
        self,
        kind: Kind,
        state: str,
        event: str,
        told: str,
        becomes: schema.Branch | list[schema.Branch] | schema.Ignore | schema.Reject | None,
        branch: int = 0,
        argument: str = "",
    ) -> Mutant:
        words = [self._name, state, event, str(branch) if branch else "", kind, argument]
        return Mutant(
            name="/".join(filter(None, words)),
            kind=kind,
            machine=self._name,
            state=state,
            event=event,
            branch=branch,
            argument=argument,
            told=told,
            outcome=becomes,
        )
