"""One BMC: a datagram in, at most one datagram out.

No sockets, no clock: whoever carries the datagrams says where from and when.  Real sockets and virtual time
therefore exercise the same code.
"""

import uuid
from typing import Protocol

from bmcsim import boot, login, login15
from bmcsim.accounts import Accounts
from bmcsim.agenda import Act, Agenda, Entry
from bmcsim.chronicle import Chronicle
from bmcsim.commands import Call, execute
from bmcsim.dice import Dice
from bmcsim.enclosure import Controller
from bmcsim.events import EventLog
from bmcsim.faults import Fault, Faults, Step, execution, lies, life, power
from bmcsim.faults.sessions import jump
from bmcsim.machine import Change, Jolt, Machine, Order, Power
from bmcsim.profile import Profile, SequenceCheck, User
from bmcsim.sessions import Address, ClosedBy, Session, SessionTable
from bmcsim.settings import ChannelAccess, Settings
from powerfsm.ipmi.wire.asf import Ping, Pong
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn, PayloadType
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import AUTH_NONE, Packet15

_STARTS = frozenset({Power.ON, Jolt.RESET})

_SUITE_LIST = (NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES)


class _Dropped(Exception):
    """A datagram gets no answer."""

    def __init__(self, reason: str, session: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.session = session


class Witness(Protocol):
    """Another door to a BMC, which is told what happens to it."""

    def changed(self, change: Change) -> None:
        """Hear what has happened to the machine."""

    def crashed(self, now: float) -> None:
        """Hear that the BMC has lost all that it knew."""


class Bmc:
    """One BMC and the machine behind it.

    Attributes:
        name: Its node's name, in the log.
        profile: What kind it is.
        accounts: Who may log in.
        challenges: Challenges given to clients that want to open IPMI 1.5 sessions.
        chronicle: What it remembers of its machine's life.
        settings: What was set about its channel.
        address: Where it is served, once it is.
        machine: The machine.
        sessions: Its sessions.
        guid: Its GUID, 16 bytes as on the wire.
        boot_options: Boot option parameters that were set.
        dice: Where its random numbers come from.
        answering: False while it is dead: it neither hears nor says anything.
        faults: What may go wrong with it.
        last_start: When the machine last started, or None.
        witness: Who is told what happens, or None.
    """

    __slots__ = (
        "_agenda",
        "_busy_until",
        "_log",
        "_plugged",
        "_waking",
        "accounts",
        "address",
        "answering",
        "boot_options",
        "challenges",
        "chronicle",
        "dice",
        "faults",
        "guid",
        "last_start",
        "machine",
        "name",
        "profile",
        "sessions",
        "settings",
        "witness",
    )

    def __init__(
        self,
        name: str,
        profile: Profile,
        agenda: Agenda,
        log: EventLog,
        seed: int = 0,
        faults: Faults | None = None,
        controller: Controller | None = None,
    ) -> None:
        """Build it; the same `seed` and `name` give the same one.  Without `faults` it has its own.

        In an enclosure it shares `controller` with the others.
        """
        self.name = name
        self.faults = self._own_faults(agenda, log, seed) if faults is None else faults
        self.profile = profile
        self.answering = True
        self.boot_options: dict[int, bytes] = {}
        self.accounts = Accounts(profile.users)
        self.challenges = login15.Challenges()
        self.chronicle = Chronicle()
        self.settings = Settings(ChannelAccess(per_message_auth=profile.per_message_auth))
        self.address: Address | None = None
        self.last_start: float | None = None
        self.witness: Witness | None = None
        self._agenda = agenda
        self._log = log
        # When it says something again, where it is silent for a known time.
        self._waking: Entry | None = None
        self.dice = Dice(seed, name, "bmc")
        # IPMI sends the bytes of a GUID in reverse (IPMI 2.0, 20.8).
        self.guid = uuid.UUID(bytes=self.dice.bytes(16), version=4).bytes[::-1]
        self.sessions = SessionTable(profile, agenda, self.dice, self._session_closed, controller)
        self.machine = Machine(profile.hardware, agenda, Dice(seed, name, "machine"), self._changed, controller)
        self._busy_until = 0.0
        self._plugged = True

    def handle(self, datagram: bytes, source: Address, now: float) -> bytes | None:
        """Take a datagram from a client and return the answer to it, or None.

        Args:
            datagram: Anything.
            source: Where it came from.
            now: When, in seconds; never less than before.
        """
        self._agenda.run(now)
        if not self.answering:
            return None
        try:
            return self._answer(decode(datagram), source, now)
        except WireError as error:
            self.report(now, "dropped", reason=error.reason)
        except _Dropped as dropped:
            self.report(now, "dropped", reason=dropped.reason, session=dropped.session)
        return None

    def work(self, now: float) -> float:
        """Queue a datagram; return when it is answered, by a BMC that does one after the other."""
        self._busy_until = max(now, self._busy_until) + self.dice.seconds(self.profile.answer_time)
        return self._busy_until

    def user(self, name: bytes) -> tuple[int, User | None]:
        """Return the id and the account of the user with this name; 0 and None where there is none."""
        return self.accounts.find(name)

    def order(
        self, order: Order, now: float, session: int | None = None, step: Step = Step.CHASSIS_CONTROL
    ) -> None:
        """Give the machine an order that it permits, whichever door it came in by.

        Args:
            order: What it is told.
            now: When.
            session: The id of the session that told it.
            step: What the client was doing: Chassis Control, or a reset over Redfish.
        """
        if self.name in self.faults.suffering:
            power.give(self, order, step, now, session)
        else:
            self.machine.order(order, now, session)

    def read_power(self, now: float, step: Step = Step.CHASSIS_STATUS) -> Power:
        """Return what this BMC says about the power, whoever asks: not always what it is."""
        if self.name in self.faults.suffering:
            return power.power_read(self, step, now)
        return self.machine.power

    @property
    def agenda(self) -> Agenda:
        """What is going to happen, to it and to all others of its fleet."""
        return self._agenda

    def later(self, due: float, act: Act) -> None:
        """Set down something that happens to it, or because of it, at the time `due`."""
        self._agenda.at(due, act)

    def report(self, now: float, event: str, **fields: object) -> None:
        """Put an event of this BMC into the log."""
        self._log.add(now, self.name, event, **fields)

    def crash(self, now: float) -> None:
        """Fall silent and forget all sessions; the machine runs on."""
        self._agenda.run(now)
        self.sessions.close_all(ClosedBy.CRASH, now)
        self.challenges.clear()
        self.settings.reset()
        if self.witness is not None:
            self.witness.crashed(now)
        self._fall_silent()

    def start(self, now: float) -> None:
        """Answer again after a crash; one that is not plugged in stays dead."""
        self._agenda.run(now)
        self._fall_silent()
        if self._plugged:
            self.answering = True
            self.machine.regain_mains(now)

    def reboot(self, now: float, silence: float) -> None:
        """Forget all sessions, and say nothing for `silence` seconds; the machine runs on."""
        self.crash(now)
        self._waking = self._agenda.at(now + silence, self.start)

    def hang(self, now: float, silence: float) -> None:
        """Say nothing for `silence` seconds, and then go on as if nothing had been."""
        if self.answering:
            self._fall_silent()
            self._waking = self._agenda.at(now + silence, self.start)

    def press_power_button(self, now: float) -> None:
        """Have an operator turn the machine on, or off."""
        self._agenda.run(now)
        self.machine.press_power_button(now)

    def lose_mains(self, now: float) -> None:
        """Pull the plug: machine and BMC are dead."""
        self.crash(now)
        self._plugged = False
        self.machine.lose_mains(now)

    def regain_mains(self, now: float) -> None:
        """Put the plug back: once the BMC has booted, the power restore policy decides about the machine."""
        if self._plugged:
            return
        self._plugged = True
        self.chronicle.mains_back(now)
        boot = self.dice.seconds(self.profile.boot)
        if boot:
            self.reboot(now, boot)
        else:
            self.start(now)

    def _answer(self, incoming: Packet | Packet15 | Ping | Pong, source: Address, now: float) -> bytes | None:
        if isinstance(incoming, Packet):
            if incoming.session_id:
                return self._in_session(incoming, now)
            return self._before_session(incoming, source, now)
        if isinstance(incoming, Packet15):
            if incoming.session_id:
                if self.sessions.get(incoming.session_id) is None:
                    return login15.activate(self, incoming, source, now)
                return self._in_session(incoming, now)
            if incoming.auth_type != AUTH_NONE:
                raise _Dropped("no-session")
            return Packet15(self._answer_sessionless(incoming.payload, now)).encode()
        if isinstance(incoming, Ping):
            return Pong(incoming.tag, sequence=incoming.sequence).encode()
        raise _Dropped("not-a-request")

    def _own_faults(self, agenda: Agenda, log: EventLog, seed: int) -> Faults:
        def befall(_: str, fault: Fault, now: float) -> None:
            life.happen(self, fault, now)

        return Faults((self.name,), agenda, log, seed, befall=befall)

    def _fall_silent(self) -> None:
        self.answering = False
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None

    def _in_session(self, packet: Packet | Packet15, now: float) -> bytes | None:
        session = self.sessions.get(packet.session_id)
        suffering = self.name in self.faults.suffering
        if session is None or not session.active or (suffering and execution.leaked(session, self)):
            raise _Dropped("no-session", packet.session_id)
        try:
            payload = session.open(packet)
            fresh = self._in_window(session, packet.sequence)
            session.heard = now
            if isinstance(packet, Packet) and packet.payload_type != PayloadType.IPMI:
                raise _Dropped("payload-type", session.id)
            request = decode_message(payload)
        except WireError as error:
            raise _Dropped(error.reason, session.id) from error
        if not isinstance(request, Request):
            raise _Dropped("not-a-request", session.id)
        call = Call(self, session, request.data, now, packet.sequence, not fresh)
        answer = execute(request, call)
        if suffering:
            if execution.unanswered(request, call):
                return None
            jump(self, session, request, now)
        true = session.close_up(answer.encode(), packet)
        return lies.packet(self, request, packet, answer.encode(), true, now) if suffering else true

    def _in_window(self, session: Session, sequence: int) -> bool:
        """Return whether a sequence number is new and in the window; a BMC that checks drops what is not."""
        behind = session.window.highest - sequence
        fresh = session.window.accept(sequence)
        if not fresh and self.profile.sequence_check is SequenceCheck.STRICT:
            raise _Dropped("duplicate" if 0 <= behind <= session.window.below else "outside-window", session.id)
        return fresh

    def _before_session(self, packet: Packet, source: Address, now: float) -> bytes | None:
        kind = packet.payload_type
        if kind == PayloadType.IPMI:
            return Packet(kind, self._answer_sessionless(packet.payload, now)).encode()
        answer: bytes | None
        if kind == PayloadType.OPEN_SESSION_REQUEST:
            step, answer = Step.OPEN_SESSION, login.open_session(self, packet.payload, source, now)
        elif kind == PayloadType.RAKP_1:
            step, answer = Step.RAKP1, login.rakp1(self, packet.payload, now)
        elif kind == PayloadType.RAKP_3:
            step, answer = Step.RAKP3, login.rakp3(self, packet.payload, now)
        else:
            raise _Dropped("payload-type")
        if answer is None:
            return None
        # Each answer's payload type is the one after that of its request.
        return Packet(kind + 1, lies.login_answer(self, step, answer, now)).encode()

    def _answer_sessionless(self, payload: bytes, now: float) -> bytes:
        request = decode_message(payload)
        if not isinstance(request, Request):
            raise _Dropped("not-a-request")
        if not self.profile.lists_suites and (request.netfn, request.command) == _SUITE_LIST:
            raise _Dropped("unheard-of")
        return execute(request, Call(self, None, request.data, now)).encode()

    def _session_closed(self, session: Session, by: ClosedBy, now: float) -> None:
        if self.name in self.faults.suffering:
            # Its id may be given again.
            self.faults.condition(self.name).leaked.discard(session.id)
        self.report(now, "session-closed", session=session.id, by=by.value)

    def _changed(self, change: Change) -> None:
        cause = change.cause.value
        if isinstance(change.to, Jolt):
            self.report(change.at, change.to.value, cause=cause, session=change.session)
        else:
            if self.name in self.faults.suffering:
                self.faults.condition(self.name).changed(change.at, change.to)
            self.report(change.at, "power", to=change.to.value, cause=cause, session=change.session)
        self.chronicle.changed(change, self.machine)
        if change.to in _STARTS:
            self.last_start = change.at
            boot.consume(self.boot_options)
        if self.witness is not None:
            self.witness.changed(change)
