"""A reset that the BMC has answered is not told as failed because a later reading got lost."""

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.operation import Status
from powerfsm.power import Ask, Power


async def test_a_reading_lost_after_an_answered_reset_is_made_again_and_counts(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").faults["read"] = [None, Faults.lost]
    end = await lab.ended(await lab.ask("n1", Ask.RESET))
    assert end.status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == ["reset"]


async def test_a_reset_whose_answer_was_lost_is_still_told_as_failed_and_never_repeated(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").faults["command"] = [Faults.lost]
    end = await lab.ended(await lab.ask("n1", Ask.RESET))
    assert end.status is Status.FAILED
    assert end.reason is not None
    assert "never sent twice" in end.reason
    assert lab.bmc("n1").commands() == ["reset"]
