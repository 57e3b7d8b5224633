"""The codec of IPMI over LAN: bytes to records and back, both directions, no input or output.

The daemon's client and the simulator's BMCs share this package and nothing else.

    datagram    what came in: RMCP+ packet, IPMI 1.5 packet, ping or pong
    packet      RMCP+ session header           packet15    IPMI 1.5 session header
    handshake   Open Session and RAKP 1 to 4   message     IPMI request and response
    suites      cipher suites as data          keys        proofs and keys of a login
    seal        sealing and opening packets    window      sequence numbers a receiver takes
    auth15      authentication codes of IPMI 1.5
    commands    data of single commands        numbers     the protocol's numbers, by name
    asf, rmcp   ping, pong and their header    errors      `WireError`, all that decoding raises
"""

from powerfsm.ipmi.wire.errors import WireError

__all__ = ["WireError"]
