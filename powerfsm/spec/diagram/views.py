"""What of a machine a picture shows: the whole of it, or one state and what is next to it.

Both leave out what only a table can hold, the pairs that are ignored or rejected.  The whole machine is
drawn without effects and without what stays in its state; around one state there is room for both.
"""

from powerfsm.spec import schema
from powerfsm.spec.diagram.arrows import arrows, merged, put_together
from powerfsm.spec.diagram.picture import Picture, Vertex
from powerfsm.spec.machine import Machine


def whole(machine: Machine) -> Picture:
    """Every change of state."""
    together, left = put_together(
        machine, [each for each in arrows(machine, effects=False) if each.source != each.target]
    )
    return Picture(
        name=machine.name,
        about=machine.declared.about,
        vertices=(*(vertex(machine, state) for state in machine.states), *together),
        edges=tuple(merged(left)),
    )


def around(machine: Machine, state: str) -> Picture:
    """One state, the branches that lead to it, from it and back to it, with guards and effects.

    Raises:
        ValueError: No such state; the message lists those there are.
    """
    about = declared_state(machine, state).about
    together, left = put_together(
        machine, [each for each in arrows(machine, effects=True) if state in {each.source, each.target}]
    )
    named = {state, *(name for each in left for name in (each.source, each.target))}
    return Picture(
        name=machine.name,
        about=about,
        vertices=(*(vertex(machine, each) for each in machine.states if each in named), *together),
        edges=tuple(merged(left)),
        focus=state,
    )


def declared_state(machine: Machine, state: str) -> schema.State:
    """A state as it stands in the file.

    Raises:
        ValueError: No such state; the message lists those there are.
    """
    try:
        return machine.declared.states[state]
    except KeyError:
        there = ", ".join(machine.states)
        raise ValueError(f"the machine {machine.name} has no state {state!r}; choose one of {there}") from None


def vertex(machine: Machine, state: str) -> Vertex:
    """A state as it is drawn."""
    declared = machine.declared.states[state]
    return Vertex(
        name=state,
        kind=declared.kind,
        initial=state == machine.initial,
        declares=declared.declares,
        about=declared.about,
    )
