"""The one error of the codec."""


class WireError(ValueError):
    """Bytes from the network are not what they should be.

    Decoding raises this and nothing else, whatever the bytes.  It is a `ValueError` because the same
    checks guard encoding, where a field out of range is the caller's mistake.

    Attributes:
        reason: Why, in kebab-case: `truncated`, `bad-checksum`, `wrong-auth-code`, ...  Counters are
            kept by it, so it holds no value from the datagram.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason


def truncated(what: str, length: int, needed: int) -> WireError:
    """Say that `what` has `length` bytes and needs `needed`."""
    return WireError("truncated", f"{what} has {length} bytes and needs at least {needed}")
