"""Resets: what they do to the machine, what BMCs answer, and tasks."""

import pytest

from bmcsim import Hardware, Power, Span
from bmcsim.hardware import SoftOff
from bmcsim.profile import RESET_TYPES
from bmcsim.redfish.resets import ResetType
from redfish_desk import RESET, SYSTEM, Desk, key

CHASSIS = "/redfish/v1/Chassis/1"
TASKS = "/redfish/v1/TaskService/Tasks"
ON = Hardware(power=Power.ON)
SLOW = Hardware(boot_delay=Span.of(10), off_delay=Span.of(5), soft_off_delay=Span.of(30))
SLOW_ON = Hardware(boot_delay=Span.of(10), off_delay=Span.of(5), soft_off_delay=Span.of(30), power=Power.ON)


def happened(desk: Desk) -> list[str]:
    """Return what has happened to the machine, in order."""
    return [str(event.get("to", event["event"])) for event in desk.log.named("power", "reset", "diagnostic")]


@pytest.mark.parametrize(
    ("hardware", "kind", "command", "happens"),
    [
        (Hardware(), "On", "on", ["on"]),
        (Hardware(), "ForceOn", "on", ["on"]),
        (Hardware(), "PushPowerButton", "button", ["on"]),
        (ON, "ForceOff", "off", ["off"]),
        (ON, "GracefulShutdown", "soft-off", ["off"]),
        (ON, "GracefulRestart", "soft-reset", ["reset"]),
        (ON, "ForceRestart", "reset", ["reset"]),
        (ON, "Nmi", "diagnostic", ["diagnostic"]),
        (ON, "PushPowerButton", "button", ["off"]),
        (ON, "PowerCycle", "cycle", ["off", "on"]),
        (ON, "On", "on", []),
        (Hardware(), "ForceOff", "off", []),
    ],
)
@pytest.mark.parametrize("path", [SYSTEM, CHASSIS])
def test_every_reset_type_does_to_the_machine_what_ipmi_would(
    hardware: Hardware, kind: str, command: str, happens: list[str], path: str
) -> None:
    desk = Desk(hardware)
    action = "ComputerSystem.Reset" if path == SYSTEM else "Chassis.Reset"
    response = desk.ask("POST", f"{path}/Actions/{action}", {"ResetType": kind})
    assert (response.status, response.body) == (204, b"")
    desk.now = 60
    desk.get(SYSTEM)
    assert happened(desk) == happens
    (logged,) = desk.log.named("command")
    assert (logged["command"], logged["door"]) == (command, "redfish")
    assert "session" not in logged


def test_the_types_here_are_those_that_profiles_may_name() -> None:
    assert set(ResetType) == set(RESET_TYPES)


def test_the_power_state_tells_where_the_rails_are_going() -> None:
    desk = Desk(SLOW)
    seen = [desk.power_state()]
    for now, kind in ((0, "On"), (20, "ForceOff")):
        desk.now = now
        desk.reset(kind)
        seen.append(desk.power_state())
        desk.now = now + 10
        seen.append(desk.power_state())
    assert seen == ["Off", "PoweringOn", "On", "PoweringOff", "Off"]


def test_an_operating_system_that_shuts_down_is_powering_off() -> None:
    desk = Desk(SLOW_ON)
    desk.reset("GracefulShutdown")
    assert desk.power_state() == "PoweringOff"
    desk.now = 30
    assert desk.power_state() == "Off"


def test_a_bmc_that_knows_no_transitions_says_on_or_off() -> None:
    desk = Desk(SLOW, transitions=False)
    desk.reset("On")
    assert desk.power_state() == "Off"
    desk.now = 10
    assert desk.power_state() == "On"


def test_what_is_lawful_is_listed_in_the_action_and_its_info() -> None:
    desk = Desk(reset_types=("On", "ForceOff"))
    action = desk.get(SYSTEM)["Actions"]["#ComputerSystem.Reset"]
    assert action["target"] == RESET
    assert action["ResetType@Redfish.AllowableValues"] == ["On", "ForceOff"]
    (parameter,) = desk.get(action["@Redfish.ActionInfo"])["Parameters"]
    assert (parameter["Name"], parameter["AllowableValues"]) == ("ResetType", ["On", "ForceOff"])


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"ResetType": "Nmi"}, "ActionParameterNotSupported"),
        ({"ResetType": "on"}, "ActionParameterValueNotInList"),
        ({"ResetType": 1}, "ActionParameterValueTypeError"),
        ({}, "ActionParameterMissing"),
        ({"ResetType": "On", "Delay": 5}, "ActionParameterUnknown"),
    ],
)
def test_a_wrong_reset_is_400_and_does_nothing(document: dict[str, object], why: str) -> None:
    desk = Desk(reset_types=("On", "ForceOff"))
    response = desk.ask("POST", RESET, document)
    assert (response.status, key(response)) == (400, why)
    assert desk.log.named("command") == []


@pytest.mark.parametrize("kind", ["GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "PowerCycle"])
def test_what_needs_a_machine_that_is_on_is_409_while_it_is_off(kind: str) -> None:
    desk = Desk(without_change=409)
    assert desk.reset(kind).status == 409
    (refused,) = desk.log.named("refused")
    assert (refused["code"], refused["door"]) == ("409", "redfish")


def test_where_the_family_says_so_it_is_accepted_and_nothing_happens() -> None:
    desk = Desk(while_off=204)
    assert desk.reset("ForceRestart").status == 204
    assert happened(desk) == []


@pytest.mark.parametrize("status", [204, 400, 409])
def test_a_reset_that_changes_nothing_is_answered_as_the_family_does(status: int) -> None:
    desk = Desk(ON, without_change=status)
    assert desk.reset("On").status == status
    assert happened(desk) == []


def test_on_again_while_the_machine_is_going_off_is_no_reset_that_changes_nothing() -> None:
    desk = Desk(SLOW_ON, without_change=409)
    desk.reset("ForceOff")
    assert desk.reset("On").status == 204


def test_a_machine_without_soft_off_offers_no_graceful_resets() -> None:
    desk = Desk(Hardware(power=Power.ON, soft_off=SoftOff.UNSUPPORTED))
    listed = desk.get(SYSTEM)["Actions"]["#ComputerSystem.Reset"]["ResetType@Redfish.AllowableValues"]
    assert not {"GracefulShutdown", "GracefulRestart"} & set(listed)
    response = desk.reset("GracefulShutdown")
    assert (response.status, key(response)) == (400, "ActionParameterNotSupported")


def test_a_reset_that_is_a_task_is_202_until_it_has_come_true() -> None:
    desk = Desk(SLOW, reset_is_task=True)
    accepted = desk.reset("On")
    monitor = accepted.headers["Location"]
    assert accepted.status == 202
    assert accepted.document["TaskState"] == "Running"
    assert desk.ask("GET", monitor).status == 202
    desk.now = 9.9
    assert desk.ask("GET", monitor).status == 202
    desk.now = 10
    assert desk.ask("GET", monitor).status == 204
    task = desk.get(accepted.document["@odata.id"])
    assert (task["TaskState"], task["PercentComplete"]) == ("Completed", 100)
    assert task["StartTime"] < task["EndTime"]
    assert "TaskMonitor" not in task


@pytest.mark.parametrize(
    ("kind", "after"),
    [("ForceOff", 5), ("GracefulShutdown", 30), ("ForceRestart", 0), ("Nmi", 0), ("PowerCycle", 11)],
)
def test_a_task_ends_when_the_machine_has_done_it(kind: str, after: float) -> None:
    desk = Desk(SLOW_ON, reset_is_task=True)
    accepted = desk.reset(kind)
    if after:
        desk.now = after - 0.1
        assert desk.ask("GET", accepted.headers["Location"]).status == 202
    desk.now = after
    assert desk.ask("GET", accepted.headers["Location"]).status == 204


def test_a_task_that_changes_nothing_has_ended_at_once() -> None:
    assert Desk(ON, reset_is_task=True).reset("On").document["TaskState"] == "Completed"


def test_a_task_that_never_comes_true_fails_at_its_limit() -> None:
    desk = Desk(Hardware(power=Power.ON, soft_off=SoftOff.IGNORED), reset_is_task=True, task_limit=100)
    accepted = desk.reset("GracefulShutdown")
    desk.now = 100
    ended = desk.ask("GET", accepted.headers["Location"])
    assert (ended.status, key(ended)) == (500, "OperationTimeout")
    task = desk.get(accepted.document["@odata.id"])
    assert (task["TaskState"], task["TaskStatus"]) == ("Exception", "Critical")


@pytest.mark.parametrize(("seconds", "header"), [(0, None), (7, "7")])
def test_a_running_task_says_when_to_look_again_where_the_family_does(seconds: int, header: str | None) -> None:
    desk = Desk(SLOW, reset_is_task=True, retry_after=seconds)
    accepted = desk.reset("On")
    for response in (accepted, desk.ask("GET", accepted.headers["Location"])):
        assert response.headers.get("Retry-After") == header


def test_old_tasks_make_room_for_new_ones_those_that_have_ended_first() -> None:
    desk = Desk(SLOW, reset_is_task=True, tasks=2)
    desk.reset("On")
    desk.reset("ForceOff")
    desk.reset("On")
    members = [member["@odata.id"].rpartition("/")[2] for member in desk.get(TASKS)["Members"]]
    assert members == ["1", "3"]


def test_a_task_that_there_is_not_is_404() -> None:
    desk = Desk()
    for number in ("1", "0", "-1", "x", "٣"):
        assert desk.ask("GET", f"{TASKS}/{number}").status == 404


def test_the_last_reset_time_is_when_the_machine_started() -> None:
    desk = Desk(SLOW)
    assert "LastResetTime" not in desk.get(SYSTEM)
    desk.reset("On")
    desk.now = 20
    assert desk.get(SYSTEM)["LastResetTime"] == "2020-01-01T00:00:10Z"


def test_the_manager_reboots_and_forgets_its_sessions_and_tasks_but_not_the_machine() -> None:
    desk = Desk(ON, reset_is_task=True)
    token = desk.log_in()
    desk.reset("ForceRestart")
    path = "/redfish/v1/Managers/1/Actions/Manager.Reset"
    assert desk.ask("POST", path, {"ResetType": "On"}).status == 400
    assert desk.ask("POST", path, {"ResetType": "GracefulRestart"}).status == 204
    assert desk.ask("GET", SYSTEM, x_auth_token=token).status == 401
    assert desk.get(TASKS)["Members"] == []
    assert desk.power_state() == "On"
    (closed,) = desk.log.named("session-closed")
    assert closed["by"] == "crash"
