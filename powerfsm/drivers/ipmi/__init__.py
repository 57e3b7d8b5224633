"""The IPMI driver: from an action's wish to RMCP+ and back, with an honest word on what went wrong.

driver    opening sessions, and fencing those of a dead process by their ids
session   reading, commanding, and closing as the fence
login     walking the login, and leaving nothing open of one that did not come to its end
wording   what is told when something goes wrong
"""

from powerfsm.drivers.ipmi.driver import IpmiDriver
from powerfsm.drivers.ipmi.session import IpmiSession
from powerfsm.drivers.ipmi.timings import IpmiTimings

__all__ = ["IpmiDriver", "IpmiSession", "IpmiTimings"]
