"""The judge finds each kind of violation, and nothing where there is none."""

from typing import Any

import pytest

from bmcsim.check import Verdict, judge
from bmcsim.machine import Power
from bmcsim.records import Claim, UnreadableError


class Story:
    """What happened, told line by line."""

    def __init__(self, *nodes: str, power: str = "off") -> None:
        self.events: list[dict[str, Any]] = []
        self.claims: list[Claim] = []
        self.now = 0.0
        for node in nodes or ("n1",):
            self.event("started", node, power=power)

    def event(self, event: str, node: str = "n1", **fields: object) -> "Story":
        self.now += 1
        self.events.append({"t": self.now, "node": node, "event": event, **fields})
        return self

    def opened(self, session: int, node: str = "n1") -> "Story":
        return self.event("session-opened", node, session=session)

    def closed(self, session: int, node: str = "n1", by: str = "own") -> "Story":
        return self.event("session-closed", node, session=session, by=by)

    def command(self, command: str, session: int, node: str = "n1", *, duplicate: bool = False) -> "Story":
        return self.event("command", node, command=command, session=session, seq=2, duplicate=duplicate)

    def power(self, to: str, cause: str = "command", node: str = "n1") -> "Story":
        return self.event("power", node, to=to, cause=cause)

    def driven(self, to: str, session: int, node: str = "n1") -> "Story":
        """Have a session that does as it should."""
        return self.opened(session, node).command(to, session, node).power(to, node=node).closed(session, node)

    def asked(self, power: str, node: str = "n1", request: str | None = None, way: str | None = None) -> "Story":
        self.now += 1
        self.claims.append(Claim(self.now, node, Power(power), declared=False, id=request, way=way))
        return self

    def declared(self, power: str, node: str = "n1", request: str | None = None) -> "Story":
        self.now += 1
        self.claims.append(Claim(self.now, node, Power(power), declared=True, id=request))
        return self

    def verdict(self) -> Verdict:
        return judge(self.events, self.claims)


def what(violations: tuple[Any, ...]) -> list[tuple[float, str, str]]:
    return [(violation.t, violation.node, violation.what) for violation in violations]


def test_a_story_without_fault_holds_and_is_counted() -> None:
    story = Story("n1", "n2").asked("on").driven("on", 1).declared("on").asked("off").driven("off", 2)
    story.declared("off").asked("on", "n2").driven("on", 3, "n2").declared("on", "n2")
    verdict = story.verdict()
    assert verdict.holds
    assert (verdict.nodes, verdict.requests, verdict.declared) == (2, 3, 3)
    assert verdict.commands == {"n1": 2, "n2": 1}


def test_two_sessions_with_commands_overlap() -> None:
    story = Story().opened(1).opened(2).command("on", 1).command("on", 2).closed(1).closed(2)
    verdict = story.verdict()
    assert not verdict.holds
    assert what(verdict.overlaps) == [(5, "n1", "took on in session 2 while session 1 was open with on")]


def test_a_session_that_only_reads_overlaps_with_nothing() -> None:
    assert Story().opened(1).opened(2).command("on", 1).closed(2).closed(1).verdict().holds


def test_sessions_of_different_nodes_overlap_with_nothing() -> None:
    story = Story("n1", "n2").opened(1).command("on", 1)
    assert story.opened(1, "n2").command("on", 1, "n2").closed(1).closed(1, "n2").verdict().holds


def test_a_command_after_the_other_session_was_closed_does_not_overlap() -> None:
    assert Story().opened(1).command("on", 1).closed(1, by="idle").driven("off", 2).verdict().holds


@pytest.mark.parametrize(("first", "second"), [("on", "off"), ("off", "on"), ("soft-off", "cycle")])
def test_opposite_commands_in_one_session_overlap(first: str, second: str) -> None:
    verdict = Story().opened(1).command(first, 1).command(second, 1).closed(1).verdict()
    assert what(verdict.overlaps) == [(4, "n1", f"took {second} in session 1 after {first} in the same one")]


@pytest.mark.parametrize(("first", "second"), [("on", "on"), ("soft-off", "off"), ("reset", "off")])
def test_commands_of_one_direction_in_one_session_do_not_overlap(first: str, second: str) -> None:
    assert Story().opened(1).command(first, 1).command(second, 1).closed(1).verdict().holds


def test_sessions_do_not_outlive_the_start_of_their_bmc() -> None:
    story = Story().opened(1).command("on", 1).event("started", power="off").driven("on", 2)
    assert story.verdict().holds


def test_a_simulator_started_anew_with_another_power_contradicts_nobody() -> None:
    story = Story(power="on").asked("on").declared("on").event("started", power="off")
    verdict = story.asked("off").declared("off").verdict()
    assert verdict.holds
    assert verdict.by_hand == 1


def test_a_session_left_open_is_found() -> None:
    verdict = Story().opened(1).verdict()
    assert not verdict.holds
    assert what(verdict.unclosed) == [(2, "n1", "still had session 1 open at the end")]


def test_success_declared_too_early_contradicts() -> None:
    story = Story().asked("on").opened(1).command("on", 1).closed(1).declared("on").power("on")
    verdict = story.verdict()
    assert not verdict.holds
    assert what(verdict.contradictions) == [(6, "n1", "was declared on while its power was off")]


def test_a_late_power_on_contradicts_what_was_declared() -> None:
    story = Story().asked("on").opened(1).command("on", 1).closed(1)
    story.asked("off").declared("off").power("on", "latch")
    verdict = story.verdict()
    assert what(verdict.contradictions) == [(8, "n1", "went on, by latch, after it was declared off")]
    assert what(verdict.elsewhere) == [(8, "n1", "ended on, last changed by latch, and was last asked to be off")]


@pytest.mark.parametrize("command", ["on", "cycle"])
def test_a_command_contrary_to_declared_off_contradicts(command: str) -> None:
    story = Story().asked("off").declared("off").opened(1).command(command, 1).closed(1)
    assert what(story.verdict().contradictions) == [
        (5, "n1", f"took {command} in session 1 after it was declared off")
    ]


@pytest.mark.parametrize("command", ["off", "soft-off", "cycle", "reset", "diagnostic"])
def test_a_command_contrary_to_declared_on_contradicts(command: str) -> None:
    story = Story(power="on").asked("on").declared("on").opened(1).command(command, 1).closed(1)
    assert len(story.verdict().contradictions) == 1


def test_the_next_request_ends_what_was_declared() -> None:
    story = Story(power="on").asked("on").declared("on").asked("off").driven("off", 1)
    assert story.verdict().holds


def test_an_operator_contradicts_nobody_and_ends_what_was_declared() -> None:
    story = Story(power="on").asked("on").declared("on").power("off", "operator").driven("on", 1)
    verdict = story.verdict()
    assert verdict.holds
    assert verdict.by_hand == 1


def test_a_node_that_ended_elsewhere_is_found() -> None:
    verdict = Story("n1", "n2").asked("on").asked("off", "n2").verdict()
    assert not verdict.holds
    assert what(verdict.elsewhere) == [
        (2, "n1", "ended off, last changed by nothing, and was last asked to be on")
    ]


def test_success_told_after_an_opposite_request_is_not_judged() -> None:
    story = Story().asked("on", request="a").driven("on", 1).asked("off", request="b").driven("off", 2)
    verdict = story.declared("on", request="a").declared("off", request="b").verdict()
    assert verdict.holds
    assert (verdict.declared, verdict.outdated) == (1, 1)


def test_success_of_the_first_of_on_off_on_is_not_judged() -> None:
    story = (
        Story()
        .asked("on", request="a")
        .asked("off", request="b")
        .asked("on", request="c")
        .declared("on", request="a")
    )
    verdict = story.driven("on", 1).declared("on", request="c").verdict()
    assert verdict.holds
    assert (verdict.declared, verdict.outdated) == (1, 1)


def test_success_told_after_a_cycle_was_asked_for_is_not_judged() -> None:
    story = (
        Story(power="on")
        .asked("on", request="a")
        .asked("on", request="b", way="cycle")
        .opened(1)
        .command("off", 1)
    )
    story.power("off").declared("on", request="a").closed(1).driven("on", 2).declared("on", request="b")
    verdict = story.verdict()
    assert verdict.holds
    assert (verdict.declared, verdict.outdated) == (1, 1)


def test_success_of_one_of_two_equal_requests_is_judged() -> None:
    story = Story().asked("on", request="a").asked("on", request="b").declared("on", request="a")
    assert len(story.verdict().contradictions) == 1


def test_success_of_a_request_never_made_is_no_claim() -> None:
    with pytest.raises(UnreadableError, match="'z', never made"):
        Story().asked("on", request="a").declared("on", request="z").verdict()


def test_of_one_instant_requests_come_before_events_and_declarations_after() -> None:
    story = Story()
    at = {"t": 5.0, "node": "n1"}
    story.events += [
        {**at, "event": "session-opened", "session": 1},
        {**at, "event": "command", "command": "on", "session": 1, "seq": 1, "duplicate": False},
        {**at, "event": "power", "to": "on", "cause": "command"},
        {**at, "event": "session-closed", "session": 1, "by": "own"},
    ]
    story.claims += [
        Claim(4.0, "n1", Power.OFF, declared=False),
        Claim(4.5, "n1", Power.OFF, declared=True),
        Claim(5.0, "n1", Power.ON, declared=False),
        Claim(5.0, "n1", Power.ON, declared=True),
    ]
    assert story.verdict().holds


def test_duplicates_carried_out_are_counted() -> None:
    story = Story().opened(1).command("on", 1).command("on", 1, duplicate=True).closed(1)
    assert story.verdict().duplicates == 1


def test_events_that_the_judge_has_no_use_for_are_passed_over() -> None:
    story = Story().event("fault", kind="lost", way="in").event("dropped", reason="duplicate")
    assert story.event("something-new").verdict().holds


def test_an_empty_log_is_no_verdict() -> None:
    with pytest.raises(UnreadableError, match="nothing to judge"):
        judge([])


def test_a_node_that_the_log_has_not_is_no_verdict() -> None:
    with pytest.raises(UnreadableError, match="n9 is mentioned before"):
        Story().asked("on", "n9").verdict()


@pytest.mark.parametrize("fields", [{"to": "up", "cause": "command"}, {"to": "on"}, {"cause": "command"}])
def test_an_event_with_a_bad_field_is_no_verdict(fields: dict[str, str]) -> None:
    with pytest.raises(UnreadableError, match="'power' without a good"):
        Story().event("power", **fields).verdict()
