"""Runtime assertions: each property that a daemon can see fires where a node breaks it, and the fleet goes on."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
import structlog
import trio

from laboratory import Lab
from powerfsm.bmc import Bmc
from powerfsm.node import Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.assertions import QUIET, Assertions
from powerfsm.registry.decisions import Decision
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.spec import Machine, Spec, load
from powerfsm.spec.schema import branches

SEEN = (
    "at-rest-nothing-in-play",
    "driven-for-somebody",
    "equal-ones-join",
    "cancelled-for-somebody",
    "off-holds-down",
    "declared-was-read",
    "ready-was-read-off",
)


def _nodes() -> Iterator[tuple[Node, dict[int, Operation]]]:
    """Every node that the facts can make, most of which cannot be."""
    asks = (None, *Ask)
    for state, observed, drifted, in_play, waiting in product(
        load().node.states, (None, *Power), (False, True), asks, asks
    ):
        operations = {
            number: Operation(number, "n1", ask, 1, status, 0.0)
            for number, ask, status in ((1, in_play, Status.IN_PLAY), (2, waiting, Status.WAITING))
            if ask is not None
        }
        node = Node("n1", Bmc("n1"), state=state, observed=observed, drifted=drifted)
        yield (
            replace(node, in_play=None if in_play is None else 1, waiting=None if waiting is None else 2),
            operations,
        )


def test_each_property_of_which_a_daemon_sees_the_facts_is_asserted_and_can_be_broken() -> None:
    with structlog.testing.capture_logs():
        assertions = Assertions(load(), lambda: 0.0)
        for node, operations in _nodes():
            assertions.hold(node, operations)
    assert assertions.properties == SEEN
    assert all(assertions.broken[name] for name in SEEN)


@pytest.mark.parametrize(
    ("node", "asks", "broken"),
    [
        (Node("n1", Bmc("n1"), state="on"), [], ["declared-was-read"]),
        (Node("n1", Bmc("n1"), state="ready", observed=Power.ON), [], ["declared-was-read", "ready-was-read-off"]),
        (Node("n1", Bmc("n1"), state="ready", observed=Power.ON, drifted=True), [], []),
        (Node("n1", Bmc("n1"), state="off", observed=Power.OFF), [Ask.ON], ["at-rest-nothing-in-play"]),
        (Node("n1", Bmc("n1"), state="powering-on"), [], ["driven-for-somebody"]),
        (Node("n1", Bmc("n1"), state="cancelling"), [Ask.ON], ["cancelled-for-somebody"]),
        (Node("n1", Bmc("n1"), state="powering-on"), [Ask.ON, Ask.ON], ["equal-ones-join"]),
        (Node("n1", Bmc("n1"), state="cancelling"), [Ask.ON, Ask.ON], []),
        (Node("n1", Bmc("n1"), state="cancelling"), [Ask.OFF, Ask.ON], ["off-holds-down"]),
        (Node("n1", Bmc("n1"), Policy(ranking="latest-wins"), "cancelling"), [Ask.OFF, Ask.ON], []),
        (Node("n1", Bmc("n1"), state="quarantined", desired=Desired.ON), [Ask.OFF, Ask.ON], []),
    ],
)
def test_what_a_node_breaks_is_counted_and_told_with_its_facts(
    node: Node, asks: list[Ask], broken: list[str]
) -> None:
    told: list[str] = []
    assertions = Assertions(load(), lambda: 0.0, told.append)
    operations = {
        number: Operation(number, "n1", ask, 1, Status.IN_PLAY, 0.0) for number, ask in enumerate(asks, 1)
    }
    numbers = [*operations, None, None]
    with structlog.testing.capture_logs() as logged:
        assertions.hold(replace(node, in_play=numbers[0], waiting=numbers[1]), operations)
    assert list(assertions.broken) == broken
    assert [line["property"] for line in logged] == broken
    for line, sentence in zip(logged, told, strict=True):
        assert (line["event"], line["log_level"]) == ("defect.broken-property", "error")
        assert (line["node"], line["state"]) == ("n1", node.state)
        assert line["in_play"] == (str(asks[0]) if asks else "none")
        assert line["promised"] == load().properties[line["property"]].about
        assert sentence.startswith(f"n1: property {line['property']} is broken")


def test_an_operation_that_is_gone_is_none_and_breaks_what_is_promised_of_it() -> None:
    with structlog.testing.capture_logs():
        assertions = Assertions(load(), lambda: 0.0)
        assertions.hold(Node("n1", Bmc("n1"), state="powering-on", in_play=4711), {})
    assert assertions.broken == {"driven-for-somebody": 1}


def test_a_node_that_goes_on_breaking_a_property_is_logged_now_and_then_and_counted_each_time() -> None:
    now = 0.0
    assertions = Assertions(load(), lambda: now)
    node, other = Node("n1", Bmc("n1"), state="on"), Node("n2", Bmc("n2"), state="on")
    with structlog.testing.capture_logs() as logged:
        for now in (0.0, QUIET / 2, QUIET - 1):  # noqa: B007 (read by the clock above)
            assertions.hold(node, {})
        assertions.hold(other, {})
        now = QUIET
        assertions.hold(node, {})
    assert [line["node"] for line in logged] == ["n1", "n2", "n1"]
    assert assertions.broken == {"declared-was-read": 5}


# In a running registry.


def _with_outcome(spec: Spec, state: str, event: str, **changes: object) -> Spec:
    """The spec with another first branch for one pair."""
    rows = {each: dict(row) for each, row in spec.node.declared.transitions.items()}
    first, *others = branches(spec.node.outcome(state, event))
    rows[state][event] = [first.model_copy(update=changes), *others]
    return replace(spec, node=Machine("node", spec.node.declared.model_copy(update={"transitions": rows})))


async def _start_with(lab: Lab, spec: Spec, alarm: bool) -> None:
    """Another process on the same disk, by another spec, and perhaps as in production: without an alarm."""
    await lab.crash()
    lab.spec = spec
    await lab.start()
    if not alarm:
        lab.registry.assertions = Assertions(spec, trio.current_time)


async def test_a_spec_that_declares_what_was_not_read_is_found_out(lab: Lab) -> None:
    await lab.add("n1")
    await _start_with(
        lab, _with_outcome(lab.spec, "powering-on", "confirmed", do=["succeed", "take-next"]), alarm=True
    )
    with structlog.testing.capture_logs() as logged:
        await lab.done("n1", Ask.ON)
    assert [line["property"] for line in logged if line["event"] == "defect.broken-property"] == [
        "declared-was-read"
    ]
    (told,) = lab.judge.broken
    assert told.startswith("n1: property declared-was-read is broken")
    lab.judge.broken.clear()


async def test_a_decision_that_forgets_who_waits_is_found_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from powerfsm.registry import decisions

    def forget(decision: Decision) -> None:
        decision.operation = decision.draft.begin("n1", 1, Ask.OFF, Status.WAITING, "somebody")

    monkeypatch.setitem(decisions._DURABLE, "put-waiting", forget)
    await lab.add("n1")
    # The cancel takes its time: it would find nobody to hand over to.
    lab.bmc("n1").latency = 2.0
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: "sent open" in lab.bmc("n1").told())
    with structlog.testing.capture_logs():
        await lab.ask("n1", Ask.OFF)
    assert any("property cancelled-for-somebody is broken" in told for told in lab.judge.broken)
    await lab.crash()
    lab.judge.broken.clear()


async def test_without_an_alarm_it_is_counted_and_logged_and_the_fleet_goes_on(lab: Lab) -> None:
    await lab.add("n1", "n2")
    await _start_with(
        lab, _with_outcome(lab.spec, "powering-on", "confirmed", do=["succeed", "take-next"]), alarm=False
    )
    with structlog.testing.capture_logs() as logged:
        for name in ("n1", "n2"):
            assert (await lab.done(name, Ask.ON)).status is Status.SUCCEEDED
            assert (await lab.done(name, Ask.OFF)).status is Status.SUCCEEDED
    assert lab.registry.assertions.broken == {"declared-was-read": 2}
    assert [line["node"] for line in logged if line["event"] == "defect.broken-property"] == ["n1", "n2"]
    assert lab.node("n1").state == "off"


async def test_an_alarm_that_raises_ends_whoever_serves(lab: Lab) -> None:
    def raise_(told: str) -> None:
        raise AssertionError(told)

    fleet = Fleet(lab.disk.snapshot())
    registry = Registry(lab.spec, lab.store, fleet, lab.workshop, trio.current_time, alarm=raise_)
    wrong = Node("n9", Bmc("n9"), state="ready", observed=Power.ON)
    with pytest.RaisesGroup(pytest.RaisesExc(AssertionError, match="n9: property"), flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(registry.serve)
            await registry.add([wrong])
