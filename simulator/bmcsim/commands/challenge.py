"""Get Session Challenge (IPMI 2.0, 22.16): how an IPMI 1.5 session begins."""

import struct

from bmcsim.commands.call import Call, Refused, at_least
from bmcsim.session15 import AUTH_TYPES
from powerfsm.ipmi.wire.numbers import ChallengeCompletion, Completion

_REQUEST = struct.Struct("<B16s")
_ANSWER = struct.Struct("<I16s")
_AUTH_TYPE = 0x0F


def session_challenge(call: Call) -> bytes:
    bmc = call.bmc
    if not bmc.profile.ipmi15:
        raise Refused(Completion.INVALID_COMMAND)
    first, padded = _REQUEST.unpack_from(at_least(call.data, _REQUEST.size))
    auth_type, name = first & _AUTH_TYPE, padded.rstrip(b"\0")
    user_id, user = bmc.accounts.find(name)
    code: int | None = None
    if auth_type not in {AUTH_TYPES[way] for way in bmc.profile.ipmi15}:
        code = Completion.INVALID_DATA_FIELD
    elif user is None:
        code = ChallengeCompletion.INVALID_NAME if name else ChallengeCompletion.NULL_NAME_DISABLED
    if code is not None:
        bmc.report(call.now, "refused", what="challenge", code=f"{code:02X}h")
        raise Refused(code)
    return _ANSWER.pack(*bmc.challenges.give(bmc, auth_type, user_id, call.now))
