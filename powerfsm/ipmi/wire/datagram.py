"""What a datagram is: the one door by which bytes from the network come in."""

from powerfsm.ipmi.wire import asf, packet, packet15, rmcp
from powerfsm.ipmi.wire.asf import Ping, Pong
from powerfsm.ipmi.wire.errors import WireError, truncated
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import AUTH_RMCP_PLUS, Packet15

_SHORTEST_IPMI = rmcp.LENGTH + 1


def decode(datagram: bytes) -> Packet | Packet15 | Ping | Pong:
    """Read any datagram that may arrive at an RMCP port.

    Raises:
        WireError: It is none of these, or cut short; an RMCP acknowledgement is `rmcp-ack`.
    """
    # The header of nearly everything that arrives, compared whole: no object is made for it.
    if datagram[: rmcp.LENGTH] == rmcp.IPMI_HEADER:
        if len(datagram) < _SHORTEST_IPMI:
            raise truncated("an IPMI datagram", len(datagram), _SHORTEST_IPMI)
        if datagram[rmcp.LENGTH] == AUTH_RMCP_PLUS:
            return packet.decode(datagram)
        return packet15.decode(datagram)
    header = rmcp.RmcpHeader.decode(datagram)
    if header.ack:
        raise WireError("rmcp-ack", "an RMCP acknowledgement, of no use to IPMI")
    if header.message_class == rmcp.CLASS_ASF:
        return asf.decode(datagram)
    if header.message_class != rmcp.CLASS_IPMI:
        raise WireError("not-ipmi", f"RMCP class {header.message_class:02X}h")
    # Reserved bits are set, or an acknowledgement is asked for: odd, but readable.
    return decode(rmcp.IPMI_HEADER + datagram[rmcp.LENGTH :])
