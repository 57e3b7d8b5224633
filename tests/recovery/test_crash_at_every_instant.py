"""A crash at every instant: what was answered is reached, every operation ends once, and no promise is broken.

A crash cuts the process off in one instant; what it had sent arrives all the same, and late copies of its commands
come for as long as a datagram may live.  The judge of the laboratory watches throughout.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import trio

from laboratory import Lab, NewLab, around
from powerfsm.node import Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Power
from powerfsm.registry.refusals import ShuttingDown
from powerfsm.store.errors import StoreUnavailable

COPIES = [0.5, 2.0, 7.0, 29.0]
"""Seconds after which further copies of every command arrive."""


@dataclass
class Client:
    """One who asks one thing after the other, and knows what was answered."""

    lab: Lab
    asks: Sequence[tuple[float, Ask]]
    answered: list[Operation] = field(default_factory=list)
    unanswered: list[Ask] = field(default_factory=list)

    async def run(self) -> None:
        for moment, ask in self.asks:
            await self.lab.at(moment)
            try:
                self.answered.append(await self.lab.ask("n1", ask))
            except (StoreUnavailable, ShuttingDown):
                self.unanswered.append(ask)


async def _play(
    lab: Lab,
    asks: Sequence[tuple[float, Ask]],
    power: Power,
    crashes: Sequence[float] = (),
    latch: float = 0.0,
) -> Client:
    await lab.add("n1", policy=Policy(ranking="latest-wins"), power=power)
    lab.bmc("n1").delay = latch
    lab.bmc("n1").echoes = [COPIES] * 20
    client = Client(lab, asks)
    async with trio.open_nursery() as clients:
        clients.start_soon(client.run)
        for moment in crashes:
            await lab.at(moment)
            await lab.crash()
            await lab.start()
    await lab.quiet()
    await trio.sleep(60)
    return client


def _hold_to_the_promises(lab: Lab, client: Client) -> None:
    last = client.answered[-1].ask.desired if client.answered else None
    # What was not answered may have become durable all the same.
    wanted = {last, *(ask.desired for ask in client.unanswered)}
    node = lab.node("n1")
    assert node.desired in wanted
    for operation in client.answered:
        end = lab.disk.ended[operation.id]
        assert end.status.ended
        assert end.reason
        if end.status is Status.FAILED:
            assert end.ask is Ask.RESET
            assert "never sent twice" in end.reason
    if node.desired is not None and node.state != "error":
        assert node.state == node.desired
        assert lab.bmc("n1").power is node.desired.power
    assert lab.disk.fleet.sessions == {}
    assert [entry for entry in lab.disk.journal if "rejected" in entry.detail] == []


SCENES: dict[str, tuple[Sequence[tuple[float, Ask]], Power]] = {
    "on": ([(0, Ask.ON)], Power.OFF),
    "off": ([(0, Ask.OFF)], Power.ON),
    "ready": ([(0, Ask.READY)], Power.ON),
    "cycle": ([(0, Ask.CYCLE)], Power.ON),
    "reset": ([(0, Ask.RESET)], Power.ON),
    "soft-off": ([(0, Ask.SOFT_OFF)], Power.ON),
    "off over on": ([(0, Ask.ON), (3.0071, Ask.OFF)], Power.OFF),
    "on over off": ([(0, Ask.OFF), (3.0071, Ask.ON)], Power.ON),
    "flip-flop": ([(0, Ask.ON), (3.006, Ask.OFF), (3.008, Ask.ON), (3.01, Ask.OFF)], Power.OFF),
    "reset, then off": ([(0, Ask.RESET), (3.008, Ask.OFF)], Power.ON),
}


async def _moments(new_lab: NewLab, scene: str, latch: float, crashes: Sequence[float] = ()) -> list[float]:
    asks, power = SCENES[scene]
    async with new_lab() as lab:
        await _play(lab, asks, power, crashes, latch)
        # What happens a minute later is the judge's quiet time, and late copies: no process is in it.
        last = max(at - lab.began for at, what in lab.judge.log if what.startswith("disk"))
        return around([moment for moment in lab.moments() if moment <= last])


@pytest.mark.parametrize(
    ("scene", "latch"), [*((scene, 0.0) for scene in SCENES), ("off over on", 2.9), ("flip-flop", 0.4)]
)
async def test_one_crash_at_every_instant(new_lab: NewLab, scene: str, latch: float) -> None:
    asks, power = SCENES[scene]
    moments = await _moments(new_lab, scene, latch)
    assert len(moments) > 20
    for moment in moments:
        async with new_lab() as lab:
            client = await _play(lab, asks, power, [moment], latch)
            _hold_to_the_promises(lab, client)


@pytest.mark.parametrize("scene", ["off over on", "cycle", "reset"])
async def test_a_second_crash_at_every_instant_of_the_recovery(new_lab: NewLab, scene: str) -> None:
    asks, power = SCENES[scene]
    first = 3.0078
    moments = [moment for moment in await _moments(new_lab, scene, 0.0, [first]) if moment > first]
    assert len(moments) > 20
    for moment in moments:
        async with new_lab() as lab:
            client = await _play(lab, asks, power, [first, moment])
            _hold_to_the_promises(lab, client)


async def test_crash_upon_crash(new_lab: NewLab) -> None:
    for pause in (0.0001, 0.0009, 0.002, 0.01, 1.0, 3.002, 3.006):
        async with new_lab() as lab:
            crashes = [3.0075 + number * pause for number in range(8)]
            client = await _play(lab, SCENES["off over on"][0], Power.OFF, crashes)
            _hold_to_the_promises(lab, client)


async def test_a_crash_with_a_request_between_durable_and_answered_is_carried_out_all_the_same(
    new_lab: NewLab,
) -> None:
    """Nobody was told, and nothing is lost: asking again joins it."""
    async with new_lab() as lab:
        await lab.add("n1")
        async with trio.open_nursery() as clients:

            async def ask() -> None:
                with suppress(StoreUnavailable):
                    await lab.ask("n1", Ask.ON)
                    pytest.fail("the process died before it could answer")

            clients.start_soon(ask)
            await lab.until(lambda: bool(lab.disk.fleet.operations))
            await lab.crash()
        await lab.start()
        again = await lab.ask("n1", Ask.ON)
        assert again.id == 1
        assert (await lab.ended(again)).status is Status.SUCCEEDED
