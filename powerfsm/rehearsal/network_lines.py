"""The lines that tell of sessions and datagrams: what leaves the daemon, and what becomes of it on its way."""

import dataclasses
from contextlib import ExitStack

from bmcsim.faults.point import Step as BmcStep
from powerfsm.model.trace import (
    Act,
    Answered,
    Close,
    Closed,
    Copy,
    Deliver,
    DriveStep,
    Happening,
    Ignore,
    Latch,
    Lose,
    Open,
    Other,
    Record,
    Refuse,
    Send,
    Trace,
)
from powerfsm.rehearsal.pace import PATIENCE
from powerfsm.rehearsal.playing import COMMANDS, Playing
from powerfsm.rehearsal.stage import Stage
from powerfsm.rehearsal.wire import Parcel
from powerfsm.simulation.eavesdropping import CLOSE

_OUTCOMES = (Latch, Act, Ignore, Refuse)


class NetworkLines(Playing):
    """Plays them."""

    def __init__(self, trace: Trace, stage: Stage) -> None:
        """Play `trace` on `stage`."""
        super().__init__(trace, stage)
        # How many copies are under way by the trace; the code may have sent more by repeating itself.
        self._copies: dict[tuple[str, str, int], int] = {}
        self._last: dict[tuple[str, str, int], Parcel] = {}

    async def _open(self, line: Open) -> None:
        node = self._stage.name(line)
        await self._take(line, "open", "", "a session is opened")
        await self._settle()
        if not self._stage.opened[node]:
            raise self._departed(line, "a session is opened", self._now(line))
        self._stage.numbers[node, self._stage.opened[node].pop(0)] = line.session
        # The number may have been another session's, which nothing refers to any more.
        for known in (self._copies, self._last):
            for key in [key for key in known if (key[0], key[2]) == (node, line.session)]:
                del known[key]

    async def _record(self, line: Record) -> None:
        self._stage.process.commit(self._stage.name(line))
        await self._take(line, "record", "", f"session {line.session} is put on record", line.session)

    async def _send(self, line: Send) -> None:
        expected = f"{line.command} is sent in session {line.session}"
        await self._take(line, "send", line.command, expected, line.session)
        await self._leave(line, line.command, line.session, expected)

    async def _close(self, line: Close) -> None:
        node, expected = self._stage.name(line), f"a close of session {line.session} is sent"
        if self._stage.standing(node) is not None:
            self._forget_repeats(node, line.session)
            await self._take(line, "close", "", expected, line.session)
        elif node not in self._stage.process.registry.actions:
            # Nobody drives it: it is the sweep that closes what is on record.
            self._forget_repeats(node, line.session)
            self._stage.process.sweep(node)
        await self._leave(line, CLOSE, line.session, expected)

    async def _leave(self, line: Happening, what: str, session: int, expected: str) -> None:
        """See to it that one more datagram of a kind is under way than by the trace so far."""
        node, key = self._stage.name(line), (self._stage.name(line), what, session)
        due = self._copies.get(key, 0) + 1

        def more() -> bool:
            return len(self._held(node, what, session)) >= due or self._stage.standing(node) is not None

        await self._pace.until(more, PATIENCE)
        held = self._held(node, what, session)
        if len(held) < due:
            raise self._departed(line, expected, self._now(line))
        self._copies[key] = due
        self._last[key] = held[-1]

    def _forget_repeats(self, node: str, session: int) -> None:
        """Lose the closes of a session that the code has repeated and the trace does not have: it asks anew."""
        for parcel in self._held(node, CLOSE, session)[self._copies.get((node, CLOSE, session), 0) :]:
            self._wire.held.remove(parcel)

    async def _deliver(self, line: Deliver) -> None:
        node, what, session = self._stage.name(line), line.packet.what, line.packet.session
        parcel = self._from_network(line)
        outcome = self._outcome(line) if what in COMMANDS else None
        before = len(self._site.log.entries), len(self._site.latched[node])
        with ExitStack() as refusing:
            if isinstance(outcome, Refuse):
                for_good = not self._leads_to(line, "refused", "resting")
                refusing.enter_context(self._site.refusing(node, BmcStep.CHASSIS_CONTROL, for_good=for_good))
            self._wire.deliver(parcel)
        dropped = any(event["event"] == "dropped" for event in self._site.log.entries[before[0] :])
        latched = len(self._site.latched[node]) > before[1]
        if isinstance(outcome, Latch | Act) and not latched:
            told = "dropped" if dropped else "refused"
            raise self._departed(line, f"the BMC accepts {what} in session {session}", f"it has {told} it")
        if isinstance(outcome, Ignore) and not dropped:
            told = f"the BMC drops {what}, for session {session} is closed"
            raise self._departed(line, told, "it has taken it")

    def _leads_to(self, line: Happening, event: str, after: str) -> bool:
        """Whether the next such step of the node's drive leads there."""
        for later in self._lines[self.done + 1 :]:
            if isinstance(later, DriveStep) and (later.node, later.event) == (line.node, event):
                return later.after == after
        return False

    def _outcome(self, line: Deliver) -> Happening | None:
        """What the trace says that the BMC makes of a command."""
        for later in self._lines[self.done + 1 :]:
            if later.node == line.node and isinstance(later, _OUTCOMES):
                return later
            if later.node == line.node and isinstance(later, Deliver):
                break
        return None

    async def _copy(self, line: Copy) -> None:
        node, what, session = self._stage.name(line), line.packet.what, line.packet.session
        key = node, str(what), session
        last = self._last.get(key)
        if last is None:
            raise self._departed(line, f"{line.packet} is copied", "nothing of the kind was ever sent")
        self._copies[key] = self._copies.get(key, 0) + 1
        if len(self._held(node, what, session)) < self._copies[key]:
            self._wire.held.append(dataclasses.replace(last))

    async def _lose(self, line: Lose) -> None:
        if line.packet.what is not Other.ANSWER:
            self._wire.held.remove(self._from_network(line))
            return
        node, session = self._stage.name(line), line.packet.session
        replies = self._wire.coming_back(node, COMMANDS | {CLOSE}, self._stage.session(node, session))
        if not replies:
            raise self._departed(line, f"an answer in session {session} is under way", "none is")
        self._wire.replies.remove(replies[-1])

    def _from_network(self, line: Deliver | Lose) -> Parcel:
        node, what, session = self._stage.name(line), line.packet.what, line.packet.session
        held = self._held(node, what, session)
        if not held:
            raise self._departed(line, f"{line.packet} is under way", "nothing of the kind is")
        key = node, str(what), session
        self._copies[key] = max(0, self._copies.get(key, 0) - 1)
        # Of several the last one is that of which the answer is awaited.
        return held[-1]

    def _held(self, node: str, what: str, session: int) -> list[Parcel]:
        known = self._stage.session(node, session)
        return [] if known is None else self._wire.under_way(node, what, known)

    async def _answered(self, line: Answered) -> None:
        await self._come_back(line, COMMANDS, "the action gets the answer to its command")

    async def _closed(self, line: Closed) -> None:
        node, session = self._stage.name(line), line.session
        known = self._stage.session(node, session)

        def closed() -> bool:
            # A closed session does not answer a repeated close; the code then asks by its id.
            for parcel in self._held(node, CLOSE, session):
                self._wire.deliver(parcel)
            return bool(self._wire.coming_back(node, frozenset({CLOSE}), known))

        answered = bool(self._wire.coming_back(node, frozenset({CLOSE}), known))
        if not answered and self._stage.standing(node) is None and not self._site.is_open(node, known):
            await self._pace.until(lambda: closed() or self._stage.standing(node) is not None)
        await self._come_back(line, frozenset({CLOSE}), "the action gets the answer to its close")

    async def _come_back(self, line: Answered | Closed, whats: frozenset[str], expected: str) -> None:
        node = self._stage.name(line)
        replies = self._wire.coming_back(node, whats, self._stage.session(node, line.session))
        if not replies:
            raise self._departed(line, expected, f"no such answer is under way; {self._now(line)}")
        self._wire.let_back(replies[-1])
