"""How strong each fault of the simulator's catalogue is, where a seed has it; and those that no seed can have.

`DRAWS` and `LEFT_OUT` together name every fault that there is: a test holds them to it, and docs/scenarios.md to
both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from bmcsim.faults.http import HTTP_FAULTS
from powerfsm.ipmi.codes import GENERIC
from powerfsm.simulation.lots import Lots

_LOGIN = ("open-session", "rakp1", "rakp3")
_SESSION = ("set-privilege", "chassis-status", "chassis-control", "close-session")
_ANY = (*_LOGIN, *_SESSION)

_CODES: Final[Mapping[int, float]] = MappingProxyType(
    {0xC0: 3, 0xC1: 1, 0xC3: 2, 0xC4: 1, 0xC9: 1, 0xCB: 1, 0xCC: 1, 0xCE: 2, 0xCF: 1, 0xD1: 1, 0xD2: 2, 0xD3: 1}
    | {0xD4: 1, 0xD5: 2, 0xFF: 2, 0x01: 1, 0x80: 1}
)
_STATUSES = (0x01, 0x01, 0x02, 0x08, 0x0B, 0x0D, 0x0F, 0x11, 0x12)


@dataclass(frozen=True, slots=True)
class Room:
    """What a fault may still take of what the daemon allows for.

    Attributes:
        late: Seconds that it may make a datagram late.
        tardy: Seconds that it may make a command act late, or a reading tell of it.
    """

    late: float
    tardy: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A fault with everything but its nodes and its time.

    Attributes:
        parameters: Its own.
        steps: At which steps; empty is all of them.
        probability: How likely each time.
        times: How often at most for each node.
    """

    parameters: dict[str, JsonValue] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    probability: float = 1.0
    times: int | None = None


Draw = Callable[[Lots, float, Room], Drawn | None]
"""Given the strength, from 0 to 1; None where there is no room for it."""


def span(low: float, high: float) -> str:
    """A span of seconds as the simulator reads it."""
    return f"{low:.6f}-{max(low, high):.6f}"


def _way(lots: Lots) -> str:
    return lots.one(("in", "out", "both"))


def _likely(lots: Lots, strength: float) -> float:
    return 1.0 if lots.happens(strength / 2) else round(0.03 + 0.9 * strength * lots.seconds(0.2, 1), 3)


def _somewhere(lots: Lots, steps: tuple[str, ...] = _ANY) -> tuple[str, ...]:
    """Everywhere, at power commands, or at one step or two."""
    match lots.count(0, 3):
        case 0:
            return ()
        case 1 if "chassis-control" in steps:
            return ("chassis-control",)
        case _:
            return tuple(lots.few(steps, lots.count(1, 2)))


def _drop(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"way": _way(lots)}, _somewhere(lots), _likely(lots, strength))


def _duplicate(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.late < 1:
        return None
    copies = lots.count(2, 2 + round(2 * strength))
    lag = lots.magnitude(0.01, 0.01 + strength * room.late) / (copies - 1)
    low = lots.one((0.0, lag / 2))
    about: dict[str, JsonValue] = {"way": _way(lots), "lag": span(low, lag), "copies": copies}
    return Drawn(about, _somewhere(lots), _likely(lots, strength))


def _reorder(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.late < 1:
        return None
    within = lots.magnitude(0.05, 0.05 + strength * (room.late - 0.1))
    return Drawn({"way": _way(lots), "within": within}, _somewhere(lots), _likely(lots, strength))


def _delay(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.late < 1:
        return None
    high = lots.magnitude(0.5, 0.5 + strength * (room.late - 0.6))
    low = lots.one((0.0, high / 2))
    return Drawn({"way": _way(lots), "by": span(low, high)}, _somewhere(lots), _likely(lots, strength))


def _corrupt(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"way": _way(lots), "bits": lots.count(1, 8)}, _somewhere(lots), _likely(lots, strength))


def _truncate(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"way": _way(lots), "keep": lots.seconds(0, 0.99)}, _somewhere(lots), _likely(lots, strength))


def _all_the_time(_: Lots, __: float, ___: Room) -> Drawn:
    return Drawn()


def _one_way(lots: Lots, _: float, __: Room) -> Drawn:
    return Drawn({"lost": lots.one(("in", "out"))})


def _mostly(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn(probability=_likely(lots, strength))


def _rmcp_status(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"status": lots.one(_STATUSES)}, _somewhere(lots, _LOGIN), _likely(lots, strength))


def _slots_exhausted(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"status": lots.one((0x01, 0x0B))}, (), _likely(lots, strength))


def _truncated_passwords(lots: Lots, _: float, __: Room) -> Drawn:
    return Drawn({"length": lots.one((0, 4, 16))})


def _lockout(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"attempts": lots.count(1, 3), "seconds": lots.magnitude(5, 5 + 120 * strength)})


def _auth_code_length(lots: Lots, strength: float, _: Room) -> Drawn:
    length = lots.one((0, 8, 12, 16, 21, 64))
    return Drawn({"length": length}, _somewhere(lots, ("rakp1", "rakp3")), _likely(lots, strength))


def _icv(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"length": lots.count(1, 64)}, (), _likely(lots, strength))


def _sequence_jump(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"by": lots.one((2, 9, 16, 33, 1000))}, _somewhere(lots, _SESSION), _likely(lots, strength))


def _close_unanswered(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"only-after-reset": lots.happens(0.2)}, (), _likely(lots, strength))


def _completion_code(lots: Lots, strength: float, _: Room) -> Drawn:
    code = lots.weighed(_CODES)
    # What says that it was not done has to be believed, or a reset could never be sent again.
    unsure = code not in GENERIC or GENERIC[code].ambiguous
    done = unsure and lots.happens(0.5)
    return Drawn({"code": code, "done": done}, _somewhere(lots, _SESSION), _likely(lots, strength))


def _busy_after_order(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"seconds": lots.magnitude(0.5, 0.5 + 60 * strength)}, (), _likely(lots, strength))


def _booting_code(lots: Lots, strength: float, _: Room) -> Drawn:
    about = {"code": lots.one((0xFF, 0xD2, 0xC0)), "seconds": lots.magnitude(1, 1 + 90 * strength)}
    return Drawn({**about}, (), _likely(lots, strength))


def _capabilities(lots: Lots, strength: float, _: Room) -> Drawn:
    says = lots.one(("no-ipmi-2", "no-users", "anonymous", "kg"))
    return Drawn({"says": says}, (), _likely(lots, strength))


def _order_ignored(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({}, (), _likely(lots, strength), times=lots.one((1, 1, 2, None)))


def _order_late(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.tardy < 0.2:
        return None
    high = lots.seconds(0.1, 0.1 + max(strength, 0.5) * (room.tardy - 0.1))
    return Drawn({"by": span(high / 2, high)}, (), _likely(lots, strength))


def _order_twice(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.tardy < 0.2:
        return None
    high = lots.seconds(0.1, 0.1 + max(strength, 0.5) * (room.tardy - 0.1))
    return Drawn({"lag": span(high / 2, high)}, (), _likely(lots, strength))


def _bounce(lots: Lots, strength: float, _: Room) -> Drawn:
    about: dict[str, JsonValue] = {
        "after": span(*lots.span(0, 10)),
        "lasting": span(*lots.span(0.1, 5)),
        "stays": lots.happens(0.2),
    }
    return Drawn(about, (), _likely(lots, strength), times=lots.count(1, 3))


def _stale_reading(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.tardy < 0.2:
        return None
    return Drawn({"seconds": lots.seconds(0.1, 0.1 + strength * (room.tardy - 0.1))}, (), _likely(lots, strength))


def _reboot(lots: Lots, strength: float, _: Room) -> Drawn:
    silence = lots.span(0, 10 + 110 * strength)
    about: dict[str, JsonValue] = {"silence": span(*silence), "initialising": span(0, lots.seconds(0, 30))}
    return Drawn(about, *_by_clock_or_at(lots, strength))


def _hang(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"lasting": span(*lots.span(0.5, 2 + 100 * strength))}, *_by_clock_or_at(lots, strength))


def _by_clock_or_at(lots: Lots, strength: float) -> tuple[tuple[str, ...], float, int | None]:
    """By the clock, once; or while a client does something, a few times."""
    if lots.happens(0.5):
        return (), 1.0, None
    steps = ("chassis-control",) if lots.happens(0.5) else tuple(lots.few(_ANY, 2))
    return steps, round(0.2 + 0.8 * strength, 3), lots.count(1, 3)


def _death_on_repeat(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"silence": span(*lots.span(5, 10 + 90 * strength))}, (), 1.0, times=lots.count(1, 3))


def _slow(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.late < 1:
        return None
    high = lots.magnitude(0.05, min(8.0, 0.05 + strength * (room.late - 0.1)))
    return Drawn({"by": span(high / 4, high)}, _somewhere(lots), _likely(lots, strength))


def _blocked(lots: Lots, strength: float, room: Room) -> Drawn | None:
    if room.late < 1:
        return None
    times = lots.count(1, 5)
    high = lots.magnitude(0.05, max(0.06, min(6.0, strength * room.late / times)))
    return Drawn({"by": span(high / 4, high)}, _somewhere(lots), _likely(lots, strength), times)


def _weaker_suite(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"suite": lots.one((0, 3, 8, 17))}, (), _likely(lots, strength))


def _foreign_answer(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"by": lots.one(("tag", "session"))}, _somewhere(lots, _LOGIN), _likely(lots, strength))


def _foreign_response(lots: Lots, strength: float, _: Room) -> Drawn:
    misfit = lots.one(("sequence", "command", "netfn"))
    return Drawn({"by": misfit}, _somewhere(lots, _SESSION), _likely(lots, strength))


def _wrong_length(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"length": lots.one((0, 0, 1, 3, 200))}, _somewhere(lots, _SESSION), _likely(lots, strength))


def _false_length(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({"says": lots.one((0, 1, 48, 0xFFFF))}, _somewhere(lots), _likely(lots, strength))


def _in_session(lots: Lots, strength: float, _: Room) -> Drawn:
    return Drawn({}, _somewhere(lots, _SESSION), _likely(lots, strength))


DRAWS: Final[Mapping[str, tuple[str, Draw]]] = MappingProxyType(
    {
        "drop": ("either way or both, at every step or a few; 3 to 100 % of them", _drop),
        "duplicate": ("2 to 4 copies, the last up to what is left of a packet's life later", _duplicate),
        "reorder": ("overtaken by whatever comes within what is left of a packet's life", _reorder),
        "delay": ("by 0.5 s up to what is left of a packet's life", _delay),
        "corrupt": ("1 to 8 bits", _corrupt),
        "truncate": ("to anything from nothing to almost all", _truncate),
        "partition": ("for as long as it lasts", _all_the_time),
        "one-way": ("in or out, for as long as it lasts", _one_way),
        "no-pong": ("always; powerfsm does not ping", _all_the_time),
        "cipher-suites-unanswered": ("always; powerfsm does not ask", _all_the_time),
        "rmcp-status": ("01h, 02h, 08h, 0Bh, 0Dh, 0Fh, 11h or 12h, at one step of the login or all", _rmcp_status),
        "slots-exhausted": ("01h or 0Bh, for 3 to 100 % of logins", _slots_exhausted),
        "password-rotated": ("for as long as it lasts", _all_the_time),
        "truncated-passwords": ("to 0, 4 or 16 bytes", _truncated_passwords),
        "padded-names": ("for as long as it lasts", _all_the_time),
        "lockout": ("after 1 to 3 failed logins, for 5 to 125 s", _lockout),
        "open-privilege-hash": ("for 3 to 100 % of logins", _mostly),
        "lookup-bit-hash": ("for 3 to 100 % of logins", _mostly),
        "auth-code-length": ("0 to 64 bytes", _auth_code_length),
        "non-empty-icv": ("1 to 64 bytes; powerfsm does not use suite 0", _icv),
        "null-session-id": ("for 3 to 100 % of logins", _mostly),
        "reused-session-id": ("for 3 to 100 % of logins", _mostly),
        "sequence-jump": ("by 2, 9, 16, 33 or 1000", _sequence_jump),
        "session-leak": ("3 to 100 % of closes; the slot stays taken, and takes no packet", _mostly),
        "close-unanswered": ("3 to 100 % of closes, seldom those after a reset only", _close_unanswered),
        "completion-code": (
            "any of 17; what is refused is carried out all the same only where the code leaves that open",
            _completion_code,
        ),
        "weaker-suite": ("suite 0, 3, 8 or 17", _weaker_suite),
        "foreign-guid": ("for 3 to 100 % of logins", _mostly),
        "forged-proof": ("for 3 to 100 % of logins", _mostly),
        "foreign-answer": ("the tag or the session, at one step of the login or all", _foreign_answer),
        "unsealed-answer": ("at one step, two or all", _in_session),
        "forged-code": ("at one step, two or all", _in_session),
        "reflected-answer": ("at one step, two or all", _in_session),
        "foreign-response": ("the sequence number, the command or the network function", _foreign_response),
        "wrong-length": ("0, 1, 3 or 200 bytes", _wrong_length),
        "false-length": ("0, 1, 48 or FFFFh", _false_length),
        "busy": ("at one step, two or all", _in_session),
        "busy-after-order": ("for 0.5 to 60 s", _busy_after_order),
        "booting-code": ("FFh, D2h or C0h, for 1 to 90 s", _booting_code),
        "no-cipher-suites": ("always; powerfsm does not ask", _all_the_time),
        "wrong-capabilities": ("any of them; powerfsm does not ask", _capabilities),
        "order-ignored": ("once, twice or for as long as it lasts", _order_ignored),
        "order-late": ("within what the machine leaves of `settle`", _order_late),
        "order-twice": ("the second time within what the machine leaves of `settle`", _order_twice),
        "bounce": ("0 to 10 s after an off, for 0.1 to 5 s or for good; nobody's command", _bounce),
        "stale-reading": (
            "as old as the machine leaves of `settle`; not where buttons are pressed",
            _stale_reading,
        ),
        "reboot": (
            "silent for 0 to 120 s, D2h for up to 30 s more; by itself, or in the midst of something",
            _reboot,
        ),
        "hang": ("for 0.5 to 100 s; by itself, or in the midst of something", _hang),
        "death-on-repeat": ("silent for 5 to 100 s", _death_on_repeat),
        "slow": ("by 0.05 to 8 s, within what is left of a packet's life", _slow),
        "blocked": ("by up to 6 s, so seldom that no queue outlasts a packet's life", _blocked),
    }
)
"""What is drawn of each, and how, by its name in the simulator's catalogue."""

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "wrong-reading": "success rests on what is read, so a BMC that reads off while it is on is believed",
        **{kind.name: "no driver of powerfsm speaks Redfish" for kind in HTTP_FAULTS},
    }
)
"""Faults that no seed has, and why."""
