"""What a channel can do (IPMI 2.0, chapter 22): most of it is asked before there is a session."""

from dataclasses import replace

from bmcsim.commands.call import CHANNEL, Call, Refused, at_least, this_channel
from bmcsim.session15 import AUTH_TYPES
from bmcsim.settings import ALWAYS_AVAILABLE, ChannelAccess
from powerfsm.ipmi.wire.commands import (
    CIPHER_SUITES_SLICE,
    AuthCapabilities,
    AuthCapabilitiesRequest,
    CipherSuitesRequest,
    encode_cipher_suites,
)
from powerfsm.ipmi.wire.numbers import Completion, Privilege
from powerfsm.ipmi.wire.suites import SUITES

_IPMI_FORUM = 7154
_LAN_MEDIUM = 0x04
_IPMB_PROTOCOL = 0x01
_MULTI_SESSION = 0x80

_ACCESS_MODE_NOT_SUPPORTED = 0x83
_KEEP, _NOW = 0b01, 0b10
_ALERTING_OFF, _PER_MESSAGE_OFF, _USER_LEVEL_OFF, _MODE = 0x20, 0x10, 0x08, 0x07


def auth_capabilities(call: Call) -> bytes:
    request = AuthCapabilitiesRequest.decode(call.data)
    this_channel(request.channel)
    if not Privilege.CALLBACK <= request.privilege <= Privilege.OEM:
        raise Refused(Completion.INVALID_DATA_FIELD)
    profile, users = call.bmc.profile, list(call.bmc.accounts)
    return AuthCapabilities(
        CHANNEL,
        auth_types=sum(1 << AUTH_TYPES[way] for way in profile.ipmi15),
        ipmi15=bool(profile.ipmi15),
        kg_set=any(profile.kg),
        per_message_off=not call.bmc.settings.access.per_message_auth,
        names=any(user.name for user in users),
        null_names=any(not user.name and user.password for user in users),
        anonymous=any(not user.name and not user.password for user in users),
    ).encode(extended=request.extended)


def cipher_suites(call: Call) -> bytes:
    request = CipherSuitesRequest.decode(call.data)
    this_channel(request.channel)
    suites = [(number, *SUITES[number].algorithms) for number in sorted(call.bmc.profile.suites)]
    records = encode_cipher_suites(suites)
    start = request.index * CIPHER_SUITES_SLICE
    return bytes((CHANNEL,)) + records[start : start + CIPHER_SUITES_SLICE]


def channel_info(call: Call) -> bytes:
    """Get Channel Info (22.24)."""
    this_channel(at_least(call.data, 1)[0] & 0x0F)
    count = sum(1 for _ in call.bmc.sessions)
    head = bytes((CHANNEL, _LAN_MEDIUM, _IPMB_PROTOCOL, _MULTI_SESSION | count & 0x3F))
    return head + _IPMI_FORUM.to_bytes(3, "little") + bytes(2)


def get_access(call: Call) -> bytes:
    """Get Channel Access (22.23): what is so now, or after a reset."""
    at_least(call.data, 2)
    this_channel(call.data[0] & 0x0F)
    which = call.data[1] >> 6
    if which not in (_KEEP, _NOW):
        raise Refused(Completion.INVALID_DATA_FIELD)
    access = call.bmc.settings.kept if which == _KEEP else call.bmc.settings.access
    first = (
        access.mode
        | (0 if access.alerting else _ALERTING_OFF)
        | (0 if access.per_message_auth else _PER_MESSAGE_OFF)
    )
    return bytes((first, access.limit))


def set_access(call: Call) -> bytes:
    """Set Channel Access (22.22): access and privilege limit each now, for after a reset, or not at all.

    A simulated channel is always available, and its users always have to prove themselves.
    """
    at_least(call.data, 3)
    this_channel(call.data[0] & 0x0F)
    settings = call.bmc.settings
    which, wanted = call.data[1] >> 6, call.data[1] & 0x3F
    which_limit, limit = call.data[2] >> 6, call.data[2] & 0x0F
    both = {_KEEP | _NOW}
    if {which, which_limit} & both or (which_limit and not Privilege.CALLBACK <= limit <= Privilege.OEM):
        raise Refused(Completion.INVALID_DATA_FIELD)
    if which and (wanted & _MODE != ALWAYS_AVAILABLE or wanted & _USER_LEVEL_OFF):
        raise Refused(_ACCESS_MODE_NOT_SUPPORTED)

    def changed(access: ChannelAccess, place: int) -> ChannelAccess:
        if which == place:
            access = replace(
                access,
                per_message_auth=not wanted & _PER_MESSAGE_OFF,
                alerting=not wanted & _ALERTING_OFF,
            )
        return replace(access, limit=limit) if which_limit == place else access

    settings.access = changed(settings.access, _NOW)
    settings.kept = changed(settings.kept, _KEEP)
    return b""
