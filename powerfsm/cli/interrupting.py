"""Ctrl-C that strikes while Python puts something away.

An exception in a destructor or in the callback of a weak reference is printed and forgotten, KeyboardInterrupt
among them; whoever pressed Ctrl-C would wait for ever.
"""

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_MOMENT = 0.05
"""Seconds."""


def keep_interrupts() -> None:
    """Have an interrupt that Python would forget come once more, a moment later."""
    sys.unraisablehook = _once_more


def _once_more(forgotten: "UnraisableHookArgs") -> None:
    if isinstance(forgotten.exc_value, KeyboardInterrupt):
        # From outside, and a little later: what is told here is seen only after the call that comes next.
        later = threading.Timer(_MOMENT, os.kill, (os.getpid(), signal.SIGINT))
        later.daemon = True
        later.start()
    else:
        sys.__unraisablehook__(forgotten)
