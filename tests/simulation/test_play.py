"""A plan is played as it stands: who dies when, what disk, clock and network do, and what is recorded."""

import json
import subprocess
import sys
from itertools import pairwise, takewhile
from typing import Literal

import pytest

from powerfsm.operation import Status
from powerfsm.power import Ask, Power
from powerfsm.simulation.plan import (
    FaultPlan,
    Ill,
    Jump,
    Kill,
    NetworkPlan,
    NodePlan,
    Plan,
    Press,
    Request,
    Rotate,
    Stop,
)
from powerfsm.simulation.play import play
from powerfsm.simulation.record import (
    Alarm,
    Answered,
    Asked,
    Began,
    Committed,
    Died,
    End,
    Ended,
    Heard,
    Phase,
    Record,
    Seen,
    Sent,
    Serving,
    Turned,
    Unanswered,
)

Illness = Literal["write", "sync", "read", "full"]

ON = Request(at=1, by="ann", nodes=("n1",), ask=Ask.ON)


def plan(*deeds: object, chaos: float = 20, nodes: int = 1, **more: object) -> Plan:
    fleet = tuple(NodePlan(name=f"n{number}") for number in range(1, nodes + 1))
    return Plan.model_validate(
        {"scenario": "by hand", "seed": 7, "chaos": chaos, "nodes": fleet, "deeds": deeds} | more
    )


def deaths(record: Record) -> list[End]:
    """How processes ended, but for the last, which ends in order."""
    return [death.how for death in record.all(Died)][:-1]


def commands(record: Record, what: str) -> list[Sent]:
    began = record.began(Phase.PROBE)
    return [sent for sent in record.all(Sent) if sent.what == what and sent.at < began]


def test_what_is_asked_is_answered_carried_out_and_told_to_whoever_waits() -> None:
    record = play(plan(ON))
    (answered, *_) = record.all(Answered)
    (ended, *_) = record.all(Ended)
    assert ended.operation.id == answered.operations[0].id
    assert ended.operation.status is Status.SUCCEEDED
    assert next(seen.event["to"] for seen in record.all(Seen) if seen.event["event"] == "power") == "on"
    assert not list(record.all(Alarm))


def test_at_the_end_every_node_is_asked_for_the_opposite_and_everything_is_at_rest() -> None:
    record = play(plan(ON, nodes=2))
    assert record.power == {"n1": Power.OFF, "n2": Power.ON}
    assert record.restless == ""
    assert record.open == {"n1": (), "n2": ()}
    assert record.sessions == ()
    assert [turn.phase for turn in record.all(Turned)] == list(Phase)


def test_the_answer_to_a_command_is_heard_by_whoever_sent_it() -> None:
    record = play(plan(ON))
    (sent,) = commands(record, "on")
    heard = next(heard for heard in record.all(Heard) if heard.what == "on")
    assert (heard.session, heard.process) == (sent.session, sent.process)
    close = next(sent for sent in record.all(Sent) if sent.what == "close")
    assert close.session == sent.session


@pytest.mark.parametrize(("power", "how"), [(False, End.KILLED), (True, End.POWER)])
def test_a_process_dies_between_two_awaits_and_the_next_takes_up_its_work(power: bool, how: End) -> None:
    record = play(plan(ON, Kill(at=1, steps=6, power=power, down=2)))
    (death,) = (death for death in record.all(Died) if death.how is how)
    second = next(began for began in record.all(Began) if began.process == 2)
    assert second.at == pytest.approx(death.at + 2, abs=0.1)
    assert deaths(record) == [how]
    assert {ended.process for ended in record.all(Ended)} == {2}
    assert record.restless == ""


def test_every_number_of_steps_is_another_instant() -> None:
    """The kill goes from before the request to after its end, and everything in between."""
    told = []
    for steps in range(0, 60, 10):
        record = play(plan(ON, Kill(at=1, steps=steps)))
        before = takewhile(lambda each: not isinstance(each, Died), record.story)
        told.append(sum(isinstance(each, Sent | Heard | Committed) for each in before))
    assert told == sorted(told)
    assert len(set(told)) > 3


def test_a_process_dies_before_a_disk_operation_and_what_it_was_writing_is_whole_or_not_there() -> None:
    answered = set()
    for writes in range(0, 60, 12):
        record = play(plan(Kill(at=1, steps=None, writes=writes), ON))
        assert deaths(record) == [End.KILLED]
        answered.add(next(iter(record.all(Answered))).process)
        assert record.operations[1].status is Status.SUCCEEDED
    assert answered == {1, 2}


def test_the_next_processes_are_killed_too_as_they_recover() -> None:
    record = play(plan(ON, Kill(at=1, steps=30, again=(5, 10, 20, 40))))
    assert deaths(record) == [End.KILLED] * 5
    processes = list(record.all(Serving))
    assert len(processes) < 6, "at least one is killed before it serves"


def test_a_kill_of_what_is_dead_already_is_left_out() -> None:
    record = play(plan(Kill(at=1, down=10), Kill(at=5), Stop(at=6)))
    assert deaths(record) == [End.KILLED]


def test_a_stop_ends_in_order_and_leaves_the_work_to_the_next() -> None:
    slow = NodePlan(name="n1", boot=(10, 10))
    record = play(plan(ON, Stop(at=3, down=1), nodes=1).model_copy(update={"nodes": (slow,)}))
    assert deaths(record) == [End.STOPPED]
    assert record.operations[1].status is Status.SUCCEEDED
    death = next(death.at for death in record.all(Died))
    assert {heard.process for heard in record.all(Heard) if heard.what == "close" and heard.at <= death} == {1}


def test_a_requester_who_is_not_answered_asks_the_next_process_and_his_request_is_one() -> None:
    for steps in range(0, 40, 8):
        record = play(plan(Kill(at=1, steps=steps), ON))
        attempts = [asked.attempt for asked in record.all(Asked) if asked.number == 0]
        assert attempts in ([1], [1, 2]), steps
        assert len([each for each in record.operations.values() if each.asked_by == "ann"]) == 1


def test_a_disk_that_fails_is_told_and_what_was_refused_is_not_there() -> None:
    impatient = ON.model_copy(update={"at": 2.0, "patient": False})
    record = play(plan(Ill(at=1, how="write", seconds=10), impatient))
    (refused,) = record.all(Unanswered)
    assert refused.why == "storeunavailable"
    assert refused.last
    assert {each.asked_by for each in record.operations.values()} == {"probe"}


@pytest.mark.parametrize("how", ["write", "sync", "read", "full"])
def test_an_ill_disk_gets_well_and_nothing_is_lost(how: Illness) -> None:
    record = play(plan(Ill(at=1.0005, how=how, seconds=5), ON, Kill(at=2)))
    assert record.restless == ""
    assert record.operations[1].status is Status.SUCCEEDED


def test_a_slow_disk_makes_everything_late() -> None:
    quick, slow = play(plan(ON)), play(plan(Ill(at=0.5, how="slow", seconds=15, slowness=0.5), ON))
    first, second = (next(iter(record.all(Answered))).at for record in (quick, slow))
    assert second - first > 0.4


def test_the_clock_of_record_is_set_and_the_time_of_the_simulation_goes_on() -> None:
    record = play(plan(Jump(at=0.5, seconds=-86400), ON, chaos=5))
    answered = next(iter(record.all(Answered)))
    before = play(plan(ON, chaos=5))
    assert answered.at == next(iter(before.all(Answered))).at
    asked = next(iter(before.all(Answered))).operations[0].asked_at
    assert answered.operations[0].asked_at == pytest.approx(asked - 86400)


def test_passwords_are_rotated_and_the_daemon_gets_in_once_it_knows() -> None:
    record = play(plan(Rotate(at=0.5, nodes=("n1",), lag=8), ON))
    ended = next(iter(record.all(Ended)))
    assert ended.operation.status is not Status.SUCCEEDED or ended.at > 8.5
    assert record.restless == ""
    assert any(seen.event.get("kind") == "password-rotated" for seen in record.all(Seen))


def test_a_rotation_that_the_chaos_cuts_short_is_done_to_its_end() -> None:
    record = play(plan(Rotate(at=1, nodes=("n1",), lag=500), chaos=5))
    assert record.restless == ""
    assert record.power == {"n1": Power.ON}


def test_a_button_is_pressed() -> None:
    record = play(plan(Press(at=1, node="n1")))
    causes = [seen.event["cause"] for seen in record.all(Seen) if seen.event["event"] == "power"]
    assert causes[0] == "operator"


def test_faults_strike_in_the_chaos_and_not_after_it() -> None:
    fault = FaultPlan(fault="busy", nodes=("n1",), steps=("chassis-control",), until=1000)
    record = play(plan(ON, faults=(fault,)))
    struck = [seen.at for seen in record.all(Seen) if seen.event["event"] == "fault"]
    assert struck
    assert max(struck) < record.began(Phase.QUIET)
    assert record.operations[1].status is Status.SUCCEEDED


def test_the_network_is_bad_in_the_chaos_and_not_after_it() -> None:
    bad = NetworkPlan(loss=0.3, duplicate=0.3, delayed=0.3, delay=(0, 5))
    record = play(plan(ON, network=bad))
    kinds = {
        (seen.event["kind"], seen.at < record.began(Phase.QUIET))
        for seen in record.all(Seen)
        if seen.event["event"] == "fault"
    }
    assert kinds == {("lost", True), ("duplicated", True), ("delayed", True)}


def test_what_happens_is_told_in_the_order_of_time() -> None:
    record = play(plan(ON, Kill(at=1, steps=20), Press(at=10, node="n1")))
    assert all(before.at <= after.at + 1e-6 for before, after in pairwise(record.story))


_AGAIN = """
import sys
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.play import play
print(play(Plan.model_validate_json(sys.stdin.read())).digest())
"""


def test_the_same_plan_gives_the_same_record_in_any_process() -> None:
    bad = NetworkPlan(loss=0.1, duplicate=0.2, delayed=0.2, delay=(0, 20))
    deeds = (
        ON,
        Request(at=1.2, by="bob", nodes=("n1", "n2"), ask=Ask.CYCLE),
        Ill(at=2, how="write", seconds=3),
        Request(at=2.5, by="eve", nodes=("n1",), ask=Ask.OFF, patient=False),
        Kill(at=3, steps=9, power=True),
    )
    played = plan(*deeds, nodes=2, network=bad)
    record = play(played)
    run = subprocess.run(
        [sys.executable, "-c", _AGAIN],
        input=played.model_dump_json(),
        env={"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == record.digest()
    assert any(told.why == "storeunavailable" for told in record.all(Unanswered))


def test_a_record_is_written_as_lines_of_json() -> None:
    lines = [json.loads(line) for line in play(plan(ON, chaos=5)).lines()]
    assert lines[0]["plan"]["scenario"] == "by hand"
    assert {"sent", "heard", "answered", "committed", "seen"} <= {line.get("happening") for line in lines}
    assert lines[-1]["restless"] == ""


def test_whoever_asks_as_a_process_closes_its_doors_asks_the_next_one() -> None:
    asks = [ON.model_copy(update={"at": 1 + moment / 100}) for moment in range(1, 30)]
    record = play(plan(Stop(at=1), *asks, chaos=10, slowness=0.05))
    assert {answered.number for answered in record.all(Answered)} >= set(range(len(asks)))
    assert any(told.why == "gone" for told in record.all(Unanswered))
