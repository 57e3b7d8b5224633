"""pyghmi asks a BMC for all that it knows to ask for."""

import json
import math
import sys

import pytest

from bmcsim import Fleet, running
from strangers import PASSWORD, Caller, profile

ASK = """
import json, os, sys
from pyghmi.ipmi import command
bmc = command.Command(bmc=sys.argv[1], port=int(sys.argv[2]), userid="admin", password=os.environ["PASSWORD"])
bmc.set_power("on", wait=30)
bmc.create_user(uid=6, name="turner", password="turner-pw", privilege_level="operator")
bmc.set_bootdev("cd")
told = {
    "events": [event["event"] for event in bmc.get_event_log()],
    "users": {number: user["name"] for number, user in bmc.get_users().items()},
    "limit": bmc.get_user(6)["access"]["privilege_level"],
    "address": bmc.get_net_configuration()["ipv4_address"],
    "boot": bmc.get_bootdev()["bootdev"],
    "sensors": list(bmc.get_sensor_data()),
    "inventory": [part for part, _ in bmc.get_inventory()],
}
bmc.set_identify(True, duration=5)
bmc.ipmi_session.logout()
print(json.dumps(told))
"""


@pytest.mark.stranger
async def test_pyghmi_is_told_what_it_asks() -> None:
    pytest.importorskip("pyghmi", reason="pyghmi is not installed")
    async with running(Fleet.of("n1", profile())) as fleet:
        host, port = fleet.addresses["n1"]
        # In a process of its own: its input and output run in a thread that never ends.
        code, output = await Caller(fleet).run(
            sys.executable, "-c", ASK, host, str(port), env={"PASSWORD": PASSWORD}
        )
        assert code == 0, output
        assert math.isfinite(fleet["n1"].settings.identify_until)
    assert json.loads(output.splitlines()[-1]) == {
        "events": ["Power on", "System restart"],
        "users": {"2": "admin", "6": "turner"},
        "limit": "operator",
        "address": "127.0.0.1/8",
        "boot": "optical",
        "sensors": [],
        "inventory": ["System"],
    }
