"""The chaos: what the plan says, when it says so; and the calm after it."""

import trio

from bmcsim import Rule
from bmcsim.faults import make
from powerfsm.simulation.plan import Deed, FaultPlan, Ill, Jump, Kill, Press, Request, Rotate, Stop
from powerfsm.simulation.record import Did
from powerfsm.simulation.requesters import Requesters
from powerfsm.simulation.site import Site
from powerfsm.simulation.supervisor import Supervisor


class Chaos:
    """Does what is planned."""

    def __init__(self, site: Site, supervisor: Supervisor, requesters: Requesters) -> None:
        """Do nothing yet; `rage` does."""
        self._site = site
        self._supervisor = supervisor
        self._requesters = requesters
        self._rules: list[Rule] = []

    async def rage(self) -> None:
        """Have everything happen that is planned; returns when all is over and nothing fails any more."""
        plan, began = self._site.plan, trio.current_time()
        self._site.disturb()
        self._rules = [self._site.fleet.faults.add(_rule(fault, began)) for fault in plan.faults]
        with trio.move_on_at(began + plan.chaos):
            async with trio.open_nursery() as lasting:
                for deed in plan.deeds:
                    await trio.sleep_until(began + deed.at)
                    self._site.tell(Did(trio.current_time(), deed))
                    self._do(deed, lasting)
                await trio.sleep_forever()
        self._calm()

    def _do(self, deed: Deed, lasting: trio.Nursery) -> None:
        match deed:
            case Request():
                self._requesters.ask(deed)
            case Press():
                self._site.fleet.press_power_button(deed.node)
            case Kill():
                self._supervisor.strike(deed)
            case Stop():
                self._supervisor.stop(deed.down)
            case Jump():
                self._site.clock.offset += deed.seconds
            case Ill():
                lasting.start_soon(self._be_ill, deed)
            case Rotate():
                lasting.start_soon(self._rotate, deed)

    async def _be_ill(self, deed: Ill) -> None:
        disk = self._site.disk
        match deed.how:
            case "full":
                disk.full = True
            case "slow":
                disk.slowness = deed.slowness
            case _:
                disk.failing = deed.how
        await trio.sleep(deed.seconds)
        self._heal()

    def _heal(self) -> None:
        disk = self._site.disk
        disk.full, disk.failing, disk.slowness = False, None, self._site.plan.slowness

    async def _rotate(self, deed: Rotate) -> None:
        rotation = self._site.rotation
        password = rotation.next()
        turns = [rotation.rotate, rotation.follow]
        # Whatever the chaos' end finds half done is done to its end: passwords stay as they were rotated.
        with trio.CancelScope(shield=deed.lag == 0):
            for turn in turns if deed.lag >= 0 else reversed(turns):
                try:
                    for node in deed.nodes:
                        turn(node, password)
                    await trio.sleep(abs(deed.lag))
                except trio.Cancelled:
                    for node in deed.nodes:
                        rotation.rotate(node, password)
                        rotation.follow(node, password)
                    raise

    def _calm(self) -> None:
        for rule in self._rules:
            self._site.fleet.faults.remove(rule)
        self._site.calm()
        self._heal()
        self._supervisor.spare()


def _rule(plan: FaultPlan, began: float) -> Rule:
    return Rule(
        make(plan.fault, plan.parameters),
        nodes=",".join(plan.nodes),
        steps=frozenset(plan.steps),
        probability=plan.probability,
        since=began + plan.since,
        until=began + plan.until,
        times=plan.times,
    )
