"""Boot flags: what the machine starts from next (IPMI 2.0, table 28-14, parameter 5).

A BMC holds them once, whichever door they are set through.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

PARAMETER: Final = 5
"""The number of this boot option parameter."""

_VALID = 0x80
_PERSISTENT = 0x40
_UEFI = 0x20


class Device(IntEnum):
    """Boot device selector, bits 5:2 of the second byte."""

    NONE = 0x0
    PXE = 0x1
    DISK = 0x2
    DIAGNOSTICS = 0x4
    CD = 0x5
    SETUP = 0x6
    REMOVABLE = 0xF


@dataclass(frozen=True, slots=True)
class BootFlags:
    """The flags.

    Attributes:
        valid: They count.
        persistent: They count for all starts, not only for the next one.
        uefi: The firmware starts in UEFI mode.
        device: From what; a number that `Device` may not have.
    """

    valid: bool = False
    persistent: bool = False
    uefi: bool = False
    device: int = Device.NONE

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read the parameter's five bytes."""
        first, second = value[0], value[1]
        return cls(bool(first & _VALID), bool(first & _PERSISTENT), bool(first & _UEFI), second >> 2 & 0x0F)

    def encode(self) -> bytes:
        """Write the parameter's five bytes."""
        first = _VALID * self.valid | _PERSISTENT * self.persistent | _UEFI * self.uefi
        return bytes((first, self.device << 2, 0, 0, 0))


def consume(options: dict[int, bytes]) -> None:
    """Have the machine start: flags that were for this start only count no more."""
    value = options.get(PARAMETER)
    if value is not None and value[0] & _VALID and not value[0] & _PERSISTENT:
        options[PARAMETER] = bytes((value[0] & ~_VALID,)) + value[1:]
