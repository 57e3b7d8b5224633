"""What was written to a file and not synced, and what of it a power loss leaves.

The file itself holds what programs read: the page cache.  For each change since the last sync the bytes that it
replaced are kept here, so that a power loss can take all of them back and then let some happen again.

The model, as hostile as SQLite says that disks may be (sqlite.org/atomiccommit.html, sections 2 and 3.7):

* A change that was not synced is kept, dropped or torn, each by itself: a later one may survive an earlier one.
* Of a torn write a prefix survives that ends at a boundary between sectors.
* Bytes that were not written to do not change (what SQLite calls powersafe overwrite, and assumes on POSIX).
* A file is as long as its last surviving byte; a hole reads as zeros.
* A sync that fails may have synced some of it, and the next sync has forgotten the rest: programs go on reading
  what the disk has not got, as on Linux (lwn.net/Articles/752063).
"""

from random import Random
from typing import NamedTuple

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

# How likely it is that a change survives, drawn for each file and power loss: all of it or nothing is as much of
# a trial as a patchwork, and hardly ever happens where each change is drawn alone.
_KEPT = (0.0, 0.1, 0.5, 0.9, 1.0)

# How often a write that does not survive whole is torn, where it spans sectors.
_TORN = 0.5


class Change(NamedTuple):
    """A write or a truncation that was not synced.

    Attributes:
        offset: Where it begins; the new length, if it is a truncation.
        data: What was written; None for a truncation.
        before: The bytes of the file that it replaced or cut off.
        size: How long the file was before.
    """

    offset: int
    data: bytes | None
    before: bytes
    size: int


class Unsynced:
    """The changes of one file since its last sync.

    Attributes:
        size: How long the file is now, in bytes.
        changes: In the order in which they were made.
    """

    __slots__ = ("_durable", "changes", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.changes: list[Change] = []
        # What is on the disk, where it is not what programs read with the changes taken back.
        self._durable: bytearray | None = None

    def wrote(self, offset: int, data: bytes, before: bytes) -> None:
        """Take note of a write; `before` is what it replaced, shorter than `data` where the file grew."""
        self.changes.append(Change(offset, data, before, self.size))
        self.size = max(self.size, offset + len(data))

    def truncated(self, size: int, before: bytes) -> None:
        """Take note of a truncation to `size`; `before` is what was cut off."""
        self.changes.append(Change(size, None, before, self.size))
        self.size = size

    def synced(self) -> None:
        """All of it is durable, but for what an earlier sync failed to write."""
        if self._durable is not None:
            for change in self.changes:
                _redo(self._durable, change)
        self.changes.clear()

    def not_synced(self, content: bytes, random: Random) -> None:
        """A sync has failed: some of the changes are durable, and no sync will write the others.

        Args:
            content: What programs read, now and until they write it anew.
            random: Draws which changes survive.
        """
        self._durable = self._survivors(content, random)

    def after_power_loss(self, content: bytes, random: Random) -> bytes:
        """What is left of a file that holds `content`, and what programs read from now on.

        Args:
            content: What programs read until now.
            random: Draws which changes survive.
        """
        image = self._survivors(content, random)
        self._durable = None
        self.size = len(image)
        return bytes(image)

    def _survivors(self, content: bytes, random: Random) -> bytearray:
        if self._durable is None:
            image = bytearray(content)
            for change in reversed(self.changes):
                _undo(image, change)
        else:
            image = self._durable
        kept = random.choice(_KEPT)
        for change in self.changes:
            if random.random() < kept:
                _redo(image, change)
            elif change.data is not None and random.random() < _TORN:
                prefix = change.data[: tear(change.offset, len(change.data), random)]
                if prefix:
                    _redo(image, change._replace(data=prefix))
        self.changes.clear()
        return image


def _undo(image: bytearray, change: Change) -> None:
    image[change.offset : change.offset + len(change.before)] = change.before
    del image[change.size :]


def _redo(image: bytearray, change: Change) -> None:
    if change.data is None:
        del image[change.offset :]
        return
    image.extend(bytes(max(0, change.offset - len(image))))
    image[change.offset : change.offset + len(change.data)] = change.data


def tear(offset: int, length: int, random: Random) -> int:
    """How many bytes of a write survive: whole sectors from its beginning, perhaps none, never all."""
    boundaries = range(offset // SECTOR * SECTOR + SECTOR, offset + length, SECTOR)
    end: int = random.choice((offset, *boundaries))
    return end - offset
