"""The lines that tell of a BMC and its power: what it does, what it says, and who else acts on it."""

from contextlib import ExitStack
from typing import Any, TypeGuard

from powerfsm.model.trace import (
    Act,
    Button,
    DriveStep,
    Happening,
    Idle,
    Latch,
    Read,
    Reboot,
    Restore,
    Sample,
    Send,
    SweepRead,
    SweepSample,
)
from powerfsm.power import Command, Power
from powerfsm.rehearsal.playing import Playing
from powerfsm.simulation.eavesdropping import STATUS

_SWEEPING = 30.0
"""Virtual seconds within which the sweep has read a node: it settles first, and does not wait for a soft-off."""

_MAY_FAIL = frozenset({Command.SOFT_OFF, Command.RESET})
"""Commands of which nothing may come: an operating system need not heed, and what is off cannot be reset."""


class BmcLines(Playing):
    """Plays them."""

    async def _latch(self, line: Latch) -> None:
        held = self._site.latched[self._stage.name(line)]
        if line.command not in {each.command for each in held}:
            raise self._departed(line, f"the BMC has accepted {line.command}", "it has not")

    async def _act(self, line: Act) -> None:
        node = self._stage.name(line)
        expected = f"the BMC acts, and the power is {line.power}"
        if not self._site.latched[node]:
            raise self._departed(line, expected, "there is nothing that it has accepted and not acted on")
        latched = self._site.latched[node][-1]
        # A soft-off may not be heeded, and a machine that is off may not be reset into being on.
        heeded = latched.command not in _MAY_FAIL or latched.command.direction is line.power
        self._site.act(node, latched, heeded=heeded)
        if self._site.power(node) is not line.power:
            raise self._departed(line, expected, f"what it has accepted is {latched.command}")

    async def _sample(self, line: Sample) -> None:
        node = self._stage.name(line)
        await self._lose_patience(line)
        before = len(self._readings(node, swept=False))
        with self._reading(line, node, line.power):
            await self._take(line, "sample", "", "the power is read")
            await self._settle()
        if len(self._readings(node, swept=False)) == before:
            raise self._departed(line, "the power is read", self._now(line))

    async def _lose_patience(self, line: Sample) -> None:
        """Let the time pass after which a reading is one too many, where the trace has it so."""
        before = [each.command for each in self._lines[: self.done] if _is_send(each, line.node)][-1:]
        after = [each.command for each in self._lines[self.done :] if _is_send(each, line.node)][:1]
        soft = before == [Command.SOFT_OFF]
        for later in self._lines[self.done + 1 :]:
            if not isinstance(later, DriveStep) or later.node != line.node:
                continue
            over = later.event == "read-other" and (
                (later.before == "reading" and later.after != "reading")
                or (later.before == "checking" and soft and after == [Command.OFF])
            )
            if over:
                await self._pace.until(lambda: self._stage.standing(self._stage.name(line)) is not None)
                await self._pace.pass_by(self._stage.spec.timings["soft-patience" if soft else "patience"])
            return

    async def _read(self, line: Read) -> None:
        self._let_read(line, swept=False, expected="the action gets a reading")

    async def _sweep_sample(self, line: SweepSample) -> None:
        node = self._stage.name(line)
        before = len(self._readings(node, swept=True))
        with self._reading(line, node, line.power):
            self._stage.process.sweep(node)
            await self._pace.until(lambda: len(self._readings(node, swept=True)) > before, _SWEEPING)
        if len(self._readings(node, swept=True)) == before:
            raise self._departed(line, "the sweep reads the power", self._now(line))

    async def _sweep_read(self, line: SweepRead) -> None:
        self._let_read(line, swept=True, expected="the sweep gets its reading")

    def _reading(self, line: Happening, node: str, power: Power) -> ExitStack:
        if power is not self._site.power(node):
            self.misreadings.append(line.line)
        return self._site.reading(node, power)

    def _readings(self, node: str, *, swept: bool) -> list[Any]:
        replies = self._wire.coming_back(node, frozenset({STATUS}), None)
        return [each for each in replies if ((node, each.parcel.session) not in self._stage.numbers) is swept]

    def _let_read(self, line: Read | SweepRead, *, swept: bool, expected: str) -> None:
        replies = self._readings(self._stage.name(line), swept=swept)
        if not replies:
            raise self._departed(line, expected, "none is under way")
        self._wire.let_back(replies[-1])

    async def _idle(self, line: Idle) -> None:
        node = self._stage.name(line)
        session = self._stage.session(node, line.session)
        if session is not None:
            self._site.drop_idle(node, session)

    async def _button(self, line: Button) -> None:
        self._site.press(self._stage.name(line), line.power)

    async def _reboot(self, line: Reboot) -> None:
        self._site.reboot(self._stage.name(line))

    async def _restore(self, line: Restore) -> None:
        self._site.restore(self._stage.name(line), line.power)


def _is_send(line: Happening, node: int) -> TypeGuard[Send]:
    return isinstance(line, Send) and line.node == node
