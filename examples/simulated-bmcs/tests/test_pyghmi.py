"""pyghmi in this process: its calls block, and the BMC answers all the same."""

import pytest

from bmcsim.faults.network import Drop, Way
from bmcsim.pytest_plugin.handles import SimulatedBmc

command = pytest.importorskip("pyghmi.ipmi.command")


def test_power_is_read_and_set(bmc: SimulatedBmc) -> None:
    connection = command.Command(bmc=bmc.host, port=bmc.port, userid=bmc.username, password=bmc.password)
    assert connection.get_power() == {"powerstate": "off"}
    assert connection.set_power("on", wait=30) == {"powerstate": "on"}
    connection.ipmi_session.logout()
    assert bmc.power == "on"
    bmc.wait_for("session-closed")


def test_after_a_lost_answer_it_sends_the_command_again(bmc: SimulatedBmc) -> None:
    connection = command.Command(bmc=bmc.host, port=bmc.port, userid=bmc.username, password=bmc.password)
    with bmc.faults.on(Drop(way=Way.OUT), steps=["chassis-control"], times=1):
        connection.set_power("on")
    connection.ipmi_session.logout()
    assert bmc.commands[:2] == ["on", "on"]
