"""IPMI over LAN: codec, session, transport.

The session's state machine does no input or output; the transport moves datagrams and knows no IPMI beyond
what it needs to find the session that a datagram belongs to.
"""
