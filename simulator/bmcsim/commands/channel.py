"""What a channel can do (IPMI 2.0, chapter 22): most of it is asked before there is a session."""

from bmcsim.commands.call import CHANNEL, Call, Refused, at_least
from powerfsm.ipmi.wire.commands import (
    CIPHER_SUITES_SLICE,
    THIS_CHANNEL,
    AuthCapabilities,
    AuthCapabilitiesRequest,
    CipherSuitesRequest,
    encode_cipher_suites,
)
from powerfsm.ipmi.wire.numbers import Completion
from powerfsm.ipmi.wire.suites import SUITES

_IPMI_FORUM = 7154
_LAN_MEDIUM = 0x04
_IPMB_PROTOCOL = 0x01
_MULTI_SESSION = 0x80


def _this_channel(channel: int) -> None:
    if channel not in (CHANNEL, THIS_CHANNEL):
        raise Refused(Completion.INVALID_DATA_FIELD)


def auth_capabilities(call: Call) -> bytes:
    request = AuthCapabilitiesRequest.decode(call.data)
    _this_channel(request.channel)
    users = call.bmc.profile.users
    return AuthCapabilities(
        CHANNEL,
        kg_set=any(call.bmc.profile.kg),
        names=any(user.name for user in users),
        null_names=any(not user.name and user.password for user in users),
        anonymous=any(not user.name and not user.password for user in users),
    ).encode(extended=request.extended)


def cipher_suites(call: Call) -> bytes:
    request = CipherSuitesRequest.decode(call.data)
    _this_channel(request.channel)
    suites = [(number, *SUITES[number].algorithms) for number in sorted(call.bmc.profile.suites)]
    records = encode_cipher_suites(suites)
    start = request.index * CIPHER_SUITES_SLICE
    return bytes((CHANNEL,)) + records[start : start + CIPHER_SUITES_SLICE]


def channel_info(call: Call) -> bytes:
    """Get Channel Info (22.24)."""
    _this_channel(at_least(call.data, 1)[0] & 0x0F)
    count = sum(1 for _ in call.bmc.sessions)
    head = bytes((CHANNEL, _LAN_MEDIUM, _IPMB_PROTOCOL, _MULTI_SESSION | count & 0x3F))
    return head + _IPMI_FORUM.to_bytes(3, "little") + bytes(2)
