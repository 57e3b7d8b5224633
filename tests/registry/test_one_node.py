"""One node and one request: what is sent, in which order, and what is answered."""

from laboratory import Lab
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power


async def test_on_is_sent_once_and_succeeds_on_a_reading(lab: Lab) -> None:
    await lab.add("n1")
    end = await lab.ended(await lab.ask("n1", Ask.ON))
    assert end.status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == ["on"]
    assert lab.node("n1").state == "on"
    assert lab.node("n1").observed is Power.ON
    assert lab.node("n1").desired is Desired.ON
