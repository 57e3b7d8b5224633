"""Plainer plans: what can be made simpler in a plan without leaving a part of it out.

An edit takes a plan and gives it with one thing made plainer, or as it was, where that has become pointless.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from powerfsm.simulation.plan import Deed, FaultPlan, NodePlan, Plan, Press, Request, Rotate

Edit = Callable[[Plan], Plan]

_Part = TypeVar("_Part", bound=BaseModel)
_Several = TypeVar("_Several", FaultPlan, Request | Rotate)
_Item = TypeVar("_Item")

_BREATH = 1.0
"""Seconds that are left between the last deed and the end of the chaos, and of a pause that is cut short."""


def edits(plan: Plan) -> Iterator[Edit]:
    """What can be tried on a plan, what saves most first."""
    yield partial(_field, "network")
    for name in ("loss", "duplicate", "delayed"):
        yield partial(_network, name)
    yield _end_early
    for name in ("timings", "slowness", "patience"):
        yield partial(_field, name)
    for name in dict.fromkeys(name for node in plan.nodes for name in _unusual(node)):
        yield partial(_all_nodes, name)
    for number, node in enumerate(plan.nodes):
        yield from (partial(_node, number, name) for name in _unusual(node))
    for number, fault in enumerate(plan.faults):
        yield from (partial(_fault, number, name) for name in _unusual(fault))
        yield from (partial(_fault_less, number, name) for name in fault.nodes)
    for number, deed in enumerate(plan.deeds):
        yield from (partial(_deed, number, name) for name in _unusual(deed))
        if isinstance(deed, Request | Rotate):
            yield from (partial(_deed_less, number, name) for name in deed.nodes)
    for number in range(len(plan.deeds)):
        yield partial(_sooner, number)
    for number in range(len(plan.deeds)):
        yield partial(_rounded, number)


def of_nodes(plan: Plan, nodes: tuple[NodePlan, ...]) -> Plan:
    """The plan for some of its nodes, without what concerns the others alone."""
    names = {node.name for node in nodes}
    faults = (
        fault.model_copy(update={"nodes": tuple(name for name in fault.nodes if name in names)})
        for fault in plan.faults
    )
    deeds = (_deed_of(deed, names) for deed in plan.deeds)
    return plan.model_copy(
        update={
            "nodes": nodes,
            "faults": tuple(fault for fault in faults if fault.nodes),
            "deeds": tuple(deed for deed in deeds if deed is not None),
        }
    )


def _deed_of(deed: Deed, names: set[str]) -> Deed | None:
    match deed:
        case Request() | Rotate():
            left = tuple(name for name in deed.nodes if name in names)
            return deed.model_copy(update={"nodes": left}) if left else None
        case Press():
            return deed if deed.node in names else None
        case _:
            return deed


def _usual(part: _Part, name: str) -> _Part:
    """A part with one field as it is by default."""
    field = type(part).model_fields[name]
    value = field.get_default(call_default_factory=True)
    return part if getattr(part, name) == value else part.model_copy(update={name: value})


def _unusual(part: BaseModel) -> Iterator[str]:
    """The fields that are not as they are by default, and have one."""
    for name, field in type(part).model_fields.items():
        value = field.get_default(call_default_factory=True)
        if value is not PydanticUndefined and getattr(part, name) != value:
            yield name


def _field(name: str, plan: Plan) -> Plan:
    return _usual(plan, name)


def _network(name: str, plan: Plan) -> Plan:
    return plan.model_copy(update={"network": _usual(plan.network, name)})


def _end_early(plan: Plan) -> Plan:
    """End the chaos after the last deed."""
    last = max((deed.at for deed in plan.deeds), default=0.0) + _BREATH
    return plan if last >= plan.chaos else plan.model_copy(update={"chaos": last})


def _all_nodes(name: str, plan: Plan) -> Plan:
    return plan.model_copy(update={"nodes": tuple(_usual(node, name) for node in plan.nodes)})


def _node(number: int, name: str, plan: Plan) -> Plan:
    return plan.model_copy(update={"nodes": _with(plan.nodes, number, _usual(plan.nodes[number], name))})


def _fault(number: int, name: str, plan: Plan) -> Plan:
    return plan.model_copy(update={"faults": _with(plan.faults, number, _usual(plan.faults[number], name))})


def _fault_less(number: int, node: str, plan: Plan) -> Plan:
    """Spare a node a fault that several have."""
    less = _without(plan.faults[number], node)
    return plan.model_copy(update={"faults": _with(plan.faults, number, less)})


def _deed(number: int, name: str, plan: Plan) -> Plan:
    return plan.model_copy(update={"deeds": _with(plan.deeds, number, _usual(plan.deeds[number], name))})


def _deed_less(number: int, node: str, plan: Plan) -> Plan:
    """Leave a node out of a deed to several."""
    deed = plan.deeds[number]
    if not isinstance(deed, Request | Rotate):
        return plan
    return plan.model_copy(update={"deeds": _with(plan.deeds, number, _without(deed, node))})


def _sooner(number: int, plan: Plan) -> Plan:
    """Cut the pause before a deed short; everything behind it comes sooner."""
    before = plan.deeds[number - 1].at if number else 0.0
    saved = plan.deeds[number].at - before - _BREATH
    if saved <= 0:
        return plan
    deeds = (
        deed if place < number else deed.model_copy(update={"at": round(deed.at - saved, 6)})
        for place, deed in enumerate(plan.deeds)
    )
    faults = (_moved(fault, before + _BREATH, saved) for fault in plan.faults)
    chaos = max(0.0, round(plan.chaos - saved, 6))
    return plan.model_copy(update={"deeds": tuple(deeds), "faults": tuple(faults), "chaos": chaos})


def _moved(fault: FaultPlan, floor: float, saved: float) -> FaultPlan:
    """The fault at the time that was moved, no earlier than what comes before the pause."""
    since, until = (
        time if time <= floor else max(floor, round(time - saved, 6)) for time in (fault.since, fault.until)
    )
    return fault.model_copy(update={"since": since, "until": until})


def _rounded(number: int, plan: Plan) -> Plan:
    """Have a deed at a full second."""
    deed = plan.deeds[number]
    at = float(round(deed.at))
    before = plan.deeds[number - 1].at if number else 0.0
    after = plan.deeds[number + 1].at if number + 1 < len(plan.deeds) else plan.chaos
    if at == deed.at or not before <= at <= after:
        return plan
    return plan.model_copy(update={"deeds": _with(plan.deeds, number, deed.model_copy(update={"at": at}))})


def _without(part: _Several, node: str) -> _Several:
    """A part with one of its nodes less; the last one stays."""
    left = tuple(name for name in part.nodes if name != node)
    return part.model_copy(update={"nodes": left}) if left else part


def _with(items: tuple[_Item, ...], number: int, item: _Item) -> tuple[_Item, ...]:
    return (*items[:number], item, *items[number + 1 :])
