"""Random scenes for the laboratory: who asks what when, what fails, who presses buttons, when the process dies.

A scene is data, so that what broke a promise can be made smaller, printed and played again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import trio

from hostile_bmc import LATENCY, Fault, Faults
from lab_disk import SYNC
from laboratory import Lab
from powerfsm.node import Drift, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.refusals import Refusal
from powerfsm.store.errors import StoreUnavailable

NAMES = ("n1", "n2", "n3")

FAULTS: dict[str, tuple[str, ...]] = {
    "open": ("unreachable", "refused_login", "busy"),
    "read": ("unread", "busy"),
    "command": ("lost", "lost_there", "busy", "unsupported", "final", "late"),
    "close": ("unfenced", "closed_unheard"),
    "fence": ("unfenced", "closed_unheard"),
}

LATE = Fault(Faults.lost.error, arrives=9.0)


@dataclass(frozen=True)
class Part:
    """What a node's BMC and policy are like.

    Attributes:
        power: At the beginning.
        ranking: Ranking table.
        drift: Drift policy.
        latch: Seconds from accepting a command to acting on it; less than the node's settling.
        soft: Seconds in which the operating system obeys a soft-off, or None.
        latency: Seconds that a datagram travels, one way.
        reuses: Its BMC gives every session the same id.
        echoes: For each command, when further copies of it arrive; within the life of a packet.
    """

    power: Power
    ranking: str
    drift: Drift
    latch: float
    soft: float | None
    latency: float
    reuses: bool
    echoes: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Do:
    """One thing that happens.

    Attributes:
        after: Seconds after the thing before it.
        what: `ask`, `fault`, `press`, `crash`, `stop` or `full`.
        node: At which node.
        ask: What is asked.
        fault: Verb and name of the fault.
        seconds: How long the disk is full, or the process is down.
    """

    after: float
    what: str
    node: str = "n1"
    ask: Ask = Ask.ON
    fault: tuple[str, str] = ("open", "busy")
    seconds: float = 0.0


@dataclass(frozen=True)
class Scene:
    """A fleet and what happens to it; `sync` is how slow the disk is."""

    sync: float
    parts: Sequence[Part]
    play: Sequence[Do]


ENDS = ("crash", "crash", "stop")
SOON, LATER, SELDOM = 0.5, 0.75, 0.15


def scene(seed: int) -> Scene:
    """A random scene; the same one for the same seed.

    Most of what happens falls into the few milliseconds in which an action does something, right after a request
    or right after it has settled; and most of it happens to one node.
    """
    random = Random(seed)
    play = [_deed(random) for _ in range(random.randint(4, 24))]
    return Scene(
        random.choice([SYNC, SYNC, SYNC, 0.02, 0.6]),
        tuple(_part(random) for _ in NAMES),
        tuple(each for deeds in play for each in deeds),
    )


def _part(random: Random) -> Part:
    echo = (0.0005, 0.002, 0.01, 1.0, 4.0, 12.0, 29.0)
    return Part(
        random.choice(list(Power)),
        random.choice(["off-outranks-on", "latest-wins"]),
        random.choice(list(Drift)),
        random.choice([0.0, 0.0, 0.004, 1.0, 2.9]),
        random.choice([None, 0.0, 5.0, 175.0]),
        random.choice([LATENCY, LATENCY, LATENCY, 0.03, 2.0]),
        random.random() < SELDOM,
        tuple(tuple(random.choices(echo, k=random.randint(0, 3))) for _ in range(4)),
    )


def _pause(random: Random) -> float:
    instant = random.randrange(0, 80) / 10_000
    when = random.random()
    if when < SOON:
        return instant
    if when < LATER:
        return 3 + instant
    return random.choice([0.3, 1.0, 2.99, 10.0, 25.0, 60.0, 101.0, 181.0])


def _deed(random: Random) -> list[Do]:
    after, node = _pause(random), random.choice(("n1", "n1", "n1", "n2", "n3"))
    match random.choices(("ask", "fault", "unfenced", "crash", "press", "full"), (50, 16, 6, 16, 4, 8))[0]:
        case "ask":
            return [Do(after, "ask", node, random.choice(list(Ask)))]
        case "fault":
            verb = random.choice(list(FAULTS))
            return [Do(after, "fault", node, fault=(verb, random.choice(FAULTS[verb])))]
        case "unfenced":
            return [Do(after, "fault", node, fault=(verb, "unfenced")) for verb in ("close", "fence")]
        case "press":
            return [Do(after, "press", node)]
        case "full":
            return [Do(after, "full", seconds=random.choice([0.003, 1.0, 40.0]))]
        case _:
            return [Do(after, random.choice(ENDS), seconds=random.choice([0.0, 0.0, 5.0, 90.0]))]


def smallest(scene: Scene, breaks: Callable[[Scene], bool]) -> Scene:
    """The scene without all that is not needed to break a promise."""
    play = list(scene.play)
    place = len(play) - 1
    while place >= 0:
        without = play[:place] + play[place + 1 :]
        if breaks(replace(scene, play=without)):
            play = without
        place -= 1
    return replace(scene, play=play)


@dataclass
class Told:
    """What the clients of one node were told, in order; None for what was not answered."""

    answers: list[tuple[Ask, Operation | None]] = field(default_factory=list)
    pressed: bool = False


class Stage:
    """Plays one scene in one laboratory, and holds what came of it to the promises."""

    def __init__(self, lab: Lab, scene: Scene) -> None:
        self._lab = lab
        self._scene = scene
        self._told = {name: Told() for name in NAMES}
        self._up = trio.Event()
        self._changing = trio.Lock()

    async def play(self) -> None:
        lab = self._lab
        await lab.crash()
        lab.sweeps = True
        await lab.start()
        self._up.set()
        lab.disk.sync = self._scene.sync
        for name, part in zip(NAMES, self._scene.parts, strict=True):
            policy = Policy(drift=part.drift, ranking=part.ranking)
            await lab.add(name, policy=policy, power=part.power)
            bmc = lab.bmc(name)
            bmc.latency, bmc.reuses = part.latency, part.reuses
            bmc.delay, bmc.soft_delay, bmc.echoes = part.latch, part.soft, [list(each) for each in part.echoes]
        async with trio.open_nursery() as clients:
            for do in self._scene.play:
                await trio.sleep(do.after)
                await self._do(do, clients)
        await self._calm()
        await lab.quiet()
        # Two laps of the sweep, and whatever it may have to enforce.
        await trio.sleep(150)
        await lab.stop_sweeping()
        await lab.quiet()
        await trio.sleep(10)
        self._hold_to_the_promises()
        await self._ask_once_more()

    async def _do(self, do: Do, clients: trio.Nursery) -> None:
        lab = self._lab
        match do.what:
            case "ask":
                clients.start_soon(self._ask, do.node, do.ask)
            case "fault":
                verb, name = do.fault
                fault = LATE if name == "late" else getattr(Faults, name)
                lab.bmc(do.node).faults.setdefault(verb, []).append(fault)
            case "press":
                bmc = lab.bmc(do.node)
                bmc.press(Power.OFF if bmc.power is Power.ON else Power.ON)
                self._told[do.node].pressed = True
            case "full":
                lab.disk.full = True
                clients.start_soon(self._make_room, do.seconds)
            case "crash" | "stop":
                clients.start_soon(self._restart, do)
                await self._changing.acquire()
                self._changing.release()

    async def _restart(self, do: Do) -> None:
        lab = self._lab
        async with self._changing:
            self._up = trio.Event()
            await (lab.crash() if do.what == "crash" else lab.stop())
            await trio.sleep(do.seconds)
            await lab.start()
            self._up.set()

    async def _make_room(self, seconds: float) -> None:
        await trio.sleep(seconds)
        self._lab.disk.full = False

    async def _ask(self, name: str, ask: Ask) -> None:
        told = self._told[name].answers
        place = len(told)
        told.append((ask, None))
        try:
            told[place] = (ask, await self._lab.ask(name, ask))
        except (Refusal, StoreUnavailable):
            return

    async def _calm(self) -> None:
        self._lab.disk.full = False
        for bmc in self._lab.bmcs.values():
            bmc.faults.clear()
        await self._up.wait()

    def _hold_to_the_promises(self) -> None:
        lab = self._lab
        for name, told in self._told.items():
            node, power = lab.node(name), lab.bmc(name).power
            for _, operation in told.answers:
                if operation is not None:
                    end = lab.disk.ended[operation.id]
                    assert end.reason, end
                    assert end.status is not Status.FAILED or name in end.reason, end
            if not told.pressed:
                assert node.desired in self._possible(told), (name, told)
                assert not node.drifted, node
                if node.state != "error" and node.desired is not None:
                    assert node.state == node.desired, node
            if node.state != "error" and not node.drifted and node.desired is not None:
                assert power is node.desired.power, (name, node, power)
            left = list(lab.disk.fleet.sessions.get(name, {}).values())
            assert all(session.command is not None for session in left), left

    def _possible(self, told: Told) -> set[Desired | None]:
        """What may be desired: what was answered last, or what came after it and may be durable, unanswered."""
        possible: set[Desired | None] = set()
        for ask, operation in reversed(told.answers):
            possible.add(ask.desired)
            if operation is not None:
                return possible
        return {*possible, None}

    async def _ask_once_more(self) -> None:
        """Whatever has been: now that nothing fails, what is asked is reached."""
        lab = self._lab
        for number, name in enumerate(NAMES):
            ask = (Ask.ON, Ask.OFF, Ask.CYCLE)[number]
            end = await lab.done(name, ask)
            assert end.status is Status.SUCCEEDED, end
            assert lab.bmc(name).power is ask.desired.power
