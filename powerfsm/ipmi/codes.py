"""What a BMC's refusals mean: name, whether trying again can help, and what to do.

Data and look-ups only; which exception follows is the driver's to decide.  Three questions are answered for
every code, because an action's next step hangs on them:

* `transient`: can the same thing, asked a little later, go well?
* `unsupported`: does the BMC not know the thing at all, so that another way must be taken (a hard off
  instead of a soft one)?
* `ambiguous`: may the BMC have *done* what it reports as gone wrong?  "Timeout" and "response could not be
  provided" speak of the answer, not of the deed: a power command so answered counts as unanswered.

Names are those of the specification's tables, shortened and in kebab-case.

Longer than five hundred lines, because it is one table: cut in two, nobody could see that a code is missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from powerfsm.ipmi.wire.numbers import (
    ActivateCompletion,
    AppCommand,
    CloseCompletion,
    Completion,
    NetFn,
    PrivilegeCompletion,
    Status,
)


@dataclass(frozen=True, slots=True)
class Code:
    """One code and what to make of it.

    Attributes:
        number: As it is on the wire; None for what we find out ourselves.
        name: In the field's terms, kebab-case.
        meaning: What the BMC says with it, one clause.
        advice: What the reader should do, one sentence without a full stop.
        transient: Trying again, a little later, may help.
        unsupported: The BMC does not know the thing at all.
        ambiguous: The BMC may have done it nevertheless, or may yet do it.
    """

    number: int | None
    name: str
    meaning: str
    advice: str
    transient: bool = False
    unsupported: bool = False
    ambiguous: bool = False

    def __str__(self) -> str:
        """Return name and number, as messages show a code."""
        return self.name if self.number is None else f"{self.name} ({self.number:02X}h)"


def _table(codes: Iterable[Code]) -> Mapping[int, Code]:
    return MappingProxyType({code.number: code for code in codes if code.number is not None})


_WAIT = "it is tried again by itself; if it stays so, look at the BMC"
_REPORT = "this is a defect of powerfsm or of the BMC's firmware: report it with the BMC's make and version"
_RESET_BMC = "if it stays so, reset the BMC itself (cold reset, or its mains)"
_NOT_THIS_WAY = "the BMC's firmware cannot do this; use another way, or update the firmware"

GENERIC = _table(
    (
        Code(Completion.NODE_BUSY, "node-busy", "the BMC is busy", _WAIT, transient=True),
        Code(
            Completion.INVALID_COMMAND,
            "invalid-command",
            "the BMC does not know the command",
            _NOT_THIS_WAY,
            unsupported=True,
        ),
        Code(
            Completion.INVALID_FOR_LUN,
            "command-invalid-for-lun",
            "the BMC does not know the command at this logical unit",
            _NOT_THIS_WAY,
            unsupported=True,
        ),
        Code(
            Completion.TIMEOUT,
            "timeout",
            "the BMC ran out of time over the command and cannot say how it ended",
            _WAIT,
            transient=True,
            ambiguous=True,
        ),
        Code(
            Completion.OUT_OF_SPACE,
            "out-of-space",
            "the BMC has no memory left for the command",
            f"it is tried again by itself; {_RESET_BMC}",
            transient=True,
        ),
        Code(
            Completion.RESERVATION_LOST,
            "reservation-lost",
            "the reservation was cancelled or is not valid",
            _WAIT,
            transient=True,
        ),
        Code(Completion.DATA_TRUNCATED, "request-truncated", "the request's data is cut short", _REPORT),
        Code(Completion.DATA_LENGTH_INVALID, "request-length-invalid", "the request's length is wrong", _REPORT),
        Code(
            Completion.DATA_LENGTH_EXCEEDED, "request-length-exceeded", "the request's data is too long", _REPORT
        ),
        Code(
            Completion.PARAMETER_OUT_OF_RANGE,
            "parameter-out-of-range",
            "the BMC does not know this value of the command's parameter",
            _NOT_THIS_WAY,
            unsupported=True,
        ),
        Code(
            Completion.CANNOT_RETURN_LENGTH,
            "cannot-return-that-much",
            "the BMC cannot return as many bytes as were asked for",
            _REPORT,
        ),
        Code(
            Completion.NOT_PRESENT,
            "not-present",
            "what the command is about does not exist in this machine",
            "check that the BMC is that of the machine's chassis, not of a shelf or a fan tray",
        ),
        Code(
            Completion.INVALID_DATA_FIELD,
            "invalid-data-field",
            "the BMC does not take this value of the command's data",
            _NOT_THIS_WAY,
            unsupported=True,
        ),
        Code(
            Completion.ILLEGAL_FOR_SENSOR,
            "illegal-for-sensor",
            "the command is illegal for that sensor or record",
            _REPORT,
        ),
        Code(
            Completion.NO_RESPONSE_POSSIBLE,
            "response-not-provided",
            "the BMC took the command and cannot say how it ended",
            _WAIT,
            transient=True,
            ambiguous=True,
        ),
        Code(
            Completion.DUPLICATED_REQUEST,
            "duplicated-request",
            "the BMC takes the request for a copy of one that it already has",
            _WAIT,
            transient=True,
            ambiguous=True,
        ),
        Code(
            Completion.SDR_IN_UPDATE,
            "sdr-in-update",
            "the BMC's sensor records are being updated",
            _WAIT,
            transient=True,
        ),
        Code(
            Completion.FIRMWARE_UPDATE,
            "firmware-update",
            "the BMC's firmware is being updated",
            "wait for the update to end; do not reset the BMC meanwhile",
            transient=True,
        ),
        Code(
            Completion.INITIALIZING,
            "initializing",
            "the BMC is still starting up",
            f"it is tried again by itself; {_RESET_BMC}",
            transient=True,
        ),
        Code(
            Completion.DESTINATION_UNREACHABLE,
            "destination-unreachable",
            "the BMC cannot reach the part that carries the command out",
            _WAIT,
            transient=True,
        ),
        Code(
            Completion.INSUFFICIENT_PRIVILEGE,
            "insufficient-privilege",
            "the account's privilege does not allow this",
            "give the BMC's account a higher privilege on its LAN channel (administrator, to close sessions "
            "that a crash left), or allow the command in the BMC's firewall",
        ),
        Code(
            Completion.NOT_IN_PRESENT_STATE,
            "not-in-present-state",
            "the command is impossible in the machine's present state",
            _WAIT,
            transient=True,
        ),
        Code(
            Completion.SUBFUNCTION_DISABLED,
            "sub-function-disabled",
            "the BMC has this function disabled",
            "enable it in the BMC's configuration, or use another way",
            unsupported=True,
        ),
        Code(
            Completion.UNSPECIFIED,
            "unspecified-error",
            "the BMC reports an error and does not say which",
            f"it is tried again by itself; {_RESET_BMC}",
            transient=True,
            ambiguous=True,
        ),
    )
)
"""Completion codes that mean the same after every command (IPMI 2.0, table 5-2)."""

_SLOTS = "close other programs' sessions, or wait a minute for forgotten ones to end"

ACTIVATE_SESSION = _table(
    (
        Code(ActivateCompletion.NO_SLOT, "no-session-slot", "no session slot is free", _SLOTS, transient=True),
        Code(
            ActivateCompletion.NO_SLOT_FOR_USER,
            "no-session-slot-for-user",
            "no session slot is free for this user",
            _SLOTS,
            transient=True,
        ),
        Code(
            ActivateCompletion.NO_SLOT_FOR_PRIVILEGE,
            "no-session-slot-for-privilege",
            "no session slot is free for this user at this privilege",
            _SLOTS,
            transient=True,
        ),
        Code(
            ActivateCompletion.SEQUENCE_OUT_OF_RANGE,
            "session-sequence-out-of-range",
            "the session's sequence number is out of range",
            _WAIT,
            transient=True,
        ),
        Code(
            ActivateCompletion.INVALID_SESSION_ID,
            "invalid-session-id",
            "the BMC does not know the session",
            _WAIT,
            transient=True,
        ),
        Code(
            ActivateCompletion.PRIVILEGE_EXCEEDED,
            "privilege-exceeded",
            "the privilege asked for exceeds the user's or the channel's limit",
            "raise the limit in the BMC, or set `privilege: operator` for this BMC",
        ),
    )
)
"""Activate Session (IPMI 2.0, 22.17)."""

_RAISE_LIMIT = "raise the user's privilege on the BMC's LAN channel, or set `privilege: operator` for this BMC"

SET_SESSION_PRIVILEGE = _table(
    (
        Code(
            PrivilegeCompletion.NOT_AVAILABLE_TO_USER,
            "privilege-not-available-to-user",
            "the user does not have the privilege asked for",
            _RAISE_LIMIT,
        ),
        Code(
            PrivilegeCompletion.EXCEEDS_LIMIT,
            "privilege-exceeds-limit",
            "the privilege asked for exceeds the user's or the channel's limit",
            _RAISE_LIMIT,
        ),
        Code(
            PrivilegeCompletion.USER_LEVEL_AUTHENTICATION_FIXED,
            "user-level-authentication-fixed",
            "user level authentication cannot be disabled",
            _RAISE_LIMIT,
        ),
    )
)
"""Set Session Privilege Level (IPMI 2.0, 22.18)."""

CLOSE_SESSION = _table(
    (
        Code(
            CloseCompletion.INVALID_SESSION_ID,
            "invalid-session-id",
            "the BMC does not know the session, which is as good as closed",
            "nothing is to be done",
        ),
        Code(
            CloseCompletion.INVALID_SESSION_HANDLE,
            "invalid-session-handle",
            "the BMC does not know the session's handle",
            _REPORT,
        ),
    )
)
"""Close Session (IPMI 2.0, 22.19)."""

_BY_COMMAND: Mapping[tuple[int, int], Mapping[int, Code]] = {
    (NetFn.APP, AppCommand.ACTIVATE_SESSION): ACTIVATE_SESSION,
    (NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE): SET_SESSION_PRIVILEGE,
    (NetFn.APP, AppCommand.CLOSE_SESSION): CLOSE_SESSION,
}

_OTHER_SUITE = "set `cipher_suite` to one that the BMC has enabled, or enable suite 17 in the BMC"
_USER = "check the user name in the credentials, and that the user is enabled for IPMI over LAN on the BMC"

STATUS = _table(
    (
        Code(
            Status.INSUFFICIENT_RESOURCES,
            "no-session-slot",
            "no session slot is free",
            _SLOTS,
            transient=True,
        ),
        Code(
            Status.INVALID_SESSION_ID,
            "invalid-session-id",
            "the BMC does not know the session that is being opened",
            _WAIT,
            transient=True,
        ),
        Code(Status.INVALID_PAYLOAD_TYPE, "invalid-payload-type", "the payload type is invalid", _REPORT),
        Code(
            Status.INVALID_AUTHENTICATION_ALGORITHM,
            "invalid-authentication-algorithm",
            "the BMC does not have the cipher suite's authentication algorithm",
            _OTHER_SUITE,
        ),
        Code(
            Status.INVALID_INTEGRITY_ALGORITHM,
            "invalid-integrity-algorithm",
            "the BMC does not have the cipher suite's integrity algorithm",
            _OTHER_SUITE,
        ),
        Code(
            Status.NO_MATCHING_AUTHENTICATION_PAYLOAD,
            "no-matching-authentication-payload",
            "the BMC takes none of the authentication algorithms offered",
            _OTHER_SUITE,
        ),
        Code(
            Status.NO_MATCHING_INTEGRITY_PAYLOAD,
            "no-matching-integrity-payload",
            "the BMC takes none of the integrity algorithms offered",
            _OTHER_SUITE,
        ),
        Code(
            Status.INACTIVE_SESSION_ID,
            "inactive-session-id",
            "the BMC has given the session up while it was being opened",
            _WAIT,
            transient=True,
        ),
        Code(Status.INVALID_ROLE, "invalid-role", "the BMC does not know the privilege asked for", _RAISE_LIMIT),
        Code(
            Status.UNAUTHORIZED_ROLE_OR_PRIVILEGE,
            "unauthorized-privilege",
            "the user may not have the privilege asked for",
            _RAISE_LIMIT,
        ),
        Code(
            Status.INSUFFICIENT_RESOURCES_FOR_ROLE,
            "no-session-slot-for-privilege",
            "no session slot is free at the privilege asked for",
            _SLOTS,
            transient=True,
        ),
        Code(Status.INVALID_NAME_LENGTH, "invalid-name-length", "the user name's length is invalid", _USER),
        Code(Status.UNAUTHORIZED_NAME, "unauthorized-name", "the BMC does not let this user in", _USER),
        Code(
            Status.UNAUTHORIZED_GUID,
            "unauthorized-guid",
            "the BMC does not let this GUID in",
            _REPORT,
        ),
        Code(
            Status.INVALID_INTEGRITY_CHECK_VALUE,
            "invalid-integrity-check-value",
            "the BMC does not take our proof of the password",
            "check the password in the credentials, and whether the BMC has cut it to 16 bytes",
        ),
        Code(
            Status.INVALID_CONFIDENTIALITY_ALGORITHM,
            "invalid-confidentiality-algorithm",
            "the BMC does not have the cipher suite's confidentiality algorithm",
            _OTHER_SUITE,
        ),
        Code(
            Status.NO_CIPHER_SUITE_MATCH,
            "no-matching-cipher-suite",
            "the BMC has no cipher suite of these algorithms",
            _OTHER_SUITE,
        ),
        Code(
            Status.ILLEGAL_PARAMETER,
            "illegal-parameter",
            "the BMC calls a parameter of the login illegal, as some do with a user that they do not know",
            _USER,
        ),
    )
)
"""RMCP+ and RAKP status codes (IPMI 2.0, table 13-15)."""

SUITE_REFUSALS = frozenset(
    {
        Status.INVALID_AUTHENTICATION_ALGORITHM,
        Status.INVALID_INTEGRITY_ALGORITHM,
        Status.NO_MATCHING_AUTHENTICATION_PAYLOAD,
        Status.NO_MATCHING_INTEGRITY_PAYLOAD,
        Status.INVALID_CONFIDENTIALITY_ALGORITHM,
        Status.NO_CIPHER_SUITE_MATCH,
    }
)
"""RMCP+ status codes that say: not with this cipher suite."""

# What no code says, because the console finds it out itself.

WRONG_PASSWORD = Code(
    None,
    "wrong-password",
    "the BMC's proof of the password does not fit ours",
    "check user name and password in the credentials; some BMCs say the same of a user that does not exist",
)
"""RAKP message 2 holds a proof made with the user's password alone: it is the password that differs."""

WRONG_KG = Code(
    None,
    "wrong-kg",
    "the BMC has our password, but derives another session key",
    "check Kg in the credentials: it must be the BMC's key for two-key logins, or none where the BMC has none",
)
"""Password proven by RAKP message 2, session key not by message 4: what is left to differ is Kg."""

LOGINS_CROSSED = Code(
    Status.INVALID_INTEGRITY_CHECK_VALUE,
    "logins-crossed",
    "the BMC has proven that it knows our password, and refuses our proof of it",
    "it is tried again by itself; if it stays so, raise the timing `retransmit`, or try a password of at most "
    "16 bytes",
    transient=True,
)
"""Status 0Fh in RAKP message 4, after a right proof in message 2: it cannot be the password.

A BMC that answers each copy of RAKP message 1 with another random number, whether we or the network made
the copy, expects a proof over the last one while we go by the first.
"""

SUITE_CHANGED = Code(
    None,
    "cipher-suite-changed",
    "the BMC answered with another cipher suite than was asked for",
    _OTHER_SUITE,
)

NULL_SESSION_ID = Code(
    None,
    "null-session-id",
    "the BMC gave the session the id 0, which means no session",
    f"{_RESET_BMC}, and update its firmware",
    transient=True,
)

PRIVILEGE_WITHHELD = Code(
    None,
    "privilege-withheld",
    "the BMC opened the session at a lower privilege than was asked for",
    _RAISE_LIMIT,
)


def completion(number: int, netfn: int, command: int) -> Code:
    """Return what completion code `number` means after `command` of network function `netfn`.

    Args:
        number: Completion code, not 00h.
        netfn: Network function of the request (even).
        command: The command.
    """
    code = _BY_COMMAND.get((netfn, command), GENERIC).get(number) or GENERIC.get(number)
    if code is not None:
        return code
    # IPMI 2.0, table 5-2: 01h..7Eh are the manufacturer's, 80h..BEh the command's, the rest is reserved.
    kind = "device-specific" if number < 0x7F else "command-specific" if 0x80 <= number < 0xBF else "reserved"
    return Code(
        number,
        f"{kind}-completion-code",
        f"the BMC reports an error of a {kind} kind",
        "look the code up in the BMC's manual, for this command",
        transient=True,
        ambiguous=True,
    )


def status(number: int) -> Code:
    """Return what RMCP+ status code `number`, not 00h, means."""
    code = STATUS.get(number)
    if code is not None:
        return code
    return Code(
        number,
        "reserved-status-code",
        "the BMC refuses the login with a code that IPMI 2.0 does not define",
        "look the code up in the BMC's manual, for opening a session",
    )
