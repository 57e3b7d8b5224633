"""The judge can find against us: each step of the protocol is left out in turn, and he must see it.

Every other test over the laboratory rests on its judge; one who never finds anything would look the same as code
that never breaks a promise.
"""

from collections.abc import Sequence

import pytest
import trio

from hostile_bmc import Fault, Faults
from laboratory import Lab, NewLab, around
from powerfsm.actions.action import Leg
from powerfsm.actions.drive import Drive
from powerfsm.actions.fences import Fences
from powerfsm.actions.kinds import Cycle, Reset
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.draft import Draft
from powerfsm.registry.registry import Registry
from powerfsm.store.batch import Batch, SessionInUse


def _found(lab: Lab, words: str) -> bool:
    """What the judge has seen is taken off him, so that the laboratory can be left in peace."""
    found = any(words in told for told in lab.judge.broken)
    lab.judge.broken.clear()
    return found


async def _on_then_off(lab: Lab) -> None:
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: "sent command" in bmc.told())
    await lab.done("n1", Ask.OFF)
    await trio.sleep(60)


async def test_that_a_session_is_left_open(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forget(drive: Drive) -> bool:
        if drive._record is not None:
            drive._fenced(drive._record, "by assertion")
        drive._session = drive._record = None
        return True

    monkeypatch.setattr(Drive, "_close_own", forget)
    await lab.add("n1")
    lab.bmc("n1").faults["command"] = [Fault(Faults.lost.error, arrives=9.0)]
    await _on_then_off(lab)
    assert "declared off, and our own command made it on" in " ".join(lab.judge.broken)
    assert _found(lab, "is not closed")


async def test_that_a_session_left_open_is_not_fenced(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def skip(drive: Drive, session: SessionInUse) -> None:
        drive._fenced(session, "by assertion")

    monkeypatch.setattr(Drive, "_fence", skip)
    await lab.add("n1")
    lab.bmc("n1").faults["close"] = [Faults.unfenced]
    await _on_then_off(lab)
    assert _found(lab, "is not closed")


async def test_that_nothing_is_settled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fences, "settled_at", lambda *_: 0.0)
    await lab.add("n1")
    lab.bmc("n1").delay = 2.0
    await _on_then_off(lab)
    assert _found(lab, "the BMC has still to act on")


async def test_that_a_session_is_not_on_disk_before_the_command(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Registry.record_session

    async def later(registry: Registry, session: SessionInUse, operation: int | None) -> None:
        trio.lowlevel.spawn_system_task(whole, registry, session, operation)

    monkeypatch.setattr(Registry, "record_session", later)
    monkeypatch.setattr(Drive, "_checking", lambda _: _answer("read-other"))
    await lab.add("n1")
    await lab.done("n1", Ask.ON)
    assert _found(lab, "before the session was on disk")


async def _answer(event: str) -> str:
    return event


async def test_that_success_rests_on_an_acknowledgement(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def believe(drive: Drive) -> str:
        drive._reading = Power.ON
        return "read-goal"

    monkeypatch.setattr(Drive, "_reading_until", believe)
    await lab.add("n1")
    lab.bmc("n1").ignores = {Command.ON}
    await lab.done("n1", Ask.ON)
    assert _found(lab, "read on, in state on, and it is off")


async def test_that_an_old_goal_is_commanded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cycle, "legs", (Leg(Power.ON, Command.ON), Leg(Power.OFF, Command.OFF)))
    await lab.add("n1")
    await lab.ask("n1", Ask.CYCLE)
    await lab.until(lambda: "sent command" in lab.bmc("n1").told())
    assert _found(lab, "wants off")
    await lab.crash()
    lab.judge.broken.clear()


async def test_that_a_reset_is_sent_twice(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reset, "legs", (Leg(Power.ON, Command.RESET),))
    await lab.add("n1")
    lab.bmc("n1").faults["command"] = [Faults.lost, Faults.lost]
    await lab.done("n1", Ask.RESET)
    assert _found(lab, "a second time for operation 1")


async def test_that_an_operation_is_answered_before_it_is_durable(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lab.add("n1")
    whole = lab.store.commit

    async def hasty(batch: Batch) -> None:
        trio.lowlevel.spawn_system_task(whole, batch)

    monkeypatch.setattr(lab.store, "commit", hasty)
    await lab.ask("n1", Ask.ON)
    await trio.sleep(0.1)
    assert _found(lab, "was answered before it was durable")


async def test_that_an_operation_ends_twice(lab: Lab) -> None:
    await lab.add("n1")
    on = await lab.done("n1", Ask.ON)
    draft = Draft(lab.registry._fleet, 0.0)
    draft.end(on, Status.FAILED, "again")
    lab.disk.write(draft.batch)
    assert _found(lab, "operation 1 had ended")


@pytest.mark.parametrize("latch", [0.0, 2.0])
async def test_that_recovery_does_not_fence(
    new_lab: NewLab, monkeypatch: pytest.MonkeyPatch, latch: float
) -> None:
    monkeypatch.setattr(Registry, "sessions", lambda *_: {})
    found = 0
    for moment in await _moments(new_lab):
        async with new_lab() as lab:
            lab.audited = False  # the audit always sees it; this is about what the judge sees
            await lab.add("n1")
            lab.bmc("n1").delay = latch
            lab.bmc("n1").echoes = [[20.0]]
            await lab.ask("n1", Ask.ON)
            await lab.at(moment)
            await lab.crash()
            await lab.start()
            await lab.done("n1", Ask.OFF)
            await trio.sleep(60)
            found += _found(lab, "declared off") or _found(lab, "is not closed")
            lab.judge.broken.clear()
    assert found


async def _moments(new_lab: NewLab) -> Sequence[float]:
    async with new_lab() as lab:
        await lab.add("n1")
        await lab.done("n1", Ask.ON)
        return [moment for moment in around(lab.moments()) if moment > 0.0028]
