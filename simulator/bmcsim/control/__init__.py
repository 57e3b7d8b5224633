"""The control API: see and change a fleet over HTTP while it runs.

`control_app` is the ASGI application; `listening` binds its address and `serving` answers on it.
"""

from bmcsim.control.app import control_app
from bmcsim.control.serving import CannotListenError, listening, serving

__all__ = ["CannotListenError", "control_app", "listening", "serving"]
