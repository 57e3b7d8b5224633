"""Redfish sessions: tokens, limits, their end; and accounts."""

from bmcsim.events import MemoryLog
from redfish_desk import PASSWORD, SESSIONS, SYSTEM, Desk, key

FIRST_NUMBER_BEYOND_IPMI = 1 << 32


def opened_and_closed(log: MemoryLog) -> list[tuple[str, int]]:
    """Return what happened to sessions, and to which."""
    return [(event["event"], event["session"]) for event in log.named("session-opened", "session-closed")]


def test_a_login_gives_a_token_and_a_location_and_a_logout_ends_it() -> None:
    desk = Desk()
    response = desk.ask("POST", SESSIONS, {"UserName": "oper", "Password": PASSWORD}, user="")
    token, location = response.headers["X-Auth-Token"], response.headers["Location"]
    assert (response.status, response.document["UserName"]) == (201, "oper")
    assert desk.get(location, x_auth_token=token)["@odata.id"] == location
    assert desk.ask("DELETE", location, x_auth_token=token).status == 204
    assert desk.ask("GET", SYSTEM, x_auth_token=token).status == 401
    (opened, number), (closed, again) = opened_and_closed(desk.log)
    assert (opened, closed) == ("session-opened", "session-closed")
    assert number == again > FIRST_NUMBER_BEYOND_IPMI
    assert PASSWORD not in str(desk.log.entries)
    assert token not in str(desk.log.entries)


def test_a_login_works_at_members_too() -> None:
    body = {"UserName": "admin", "Password": PASSWORD}
    assert Desk().ask("POST", f"{SESSIONS}/Members", body, user="").status == 201


def test_two_services_of_one_seed_give_the_same_tokens_and_each_session_its_own() -> None:
    tokens = [[desk.log_in() for _ in range(3)] for desk in (Desk(), Desk())]
    assert tokens[0] == tokens[1]
    assert len(set(tokens[0])) == 3


def test_a_login_with_a_wrong_password_is_401_and_one_without_any_400() -> None:
    desk = Desk()
    wrong = desk.ask("POST", SESSIONS, {"UserName": "admin", "Password": "guess"}, user="")
    assert (wrong.status, key(wrong)) == (401, "ResourceAtUriUnauthorized")
    missing = desk.ask("POST", SESSIONS, {"UserName": "admin"}, user="")
    assert (missing.status, key(missing)) == (400, "CreateFailedMissingReqProperties")
    number = desk.ask("POST", SESSIONS, {"UserName": "admin", "Password": 123456}, user="")
    assert (number.status, key(number)) == (400, "PropertyValueTypeError")
    assert b"123456" not in number.body


def test_there_are_as_many_sessions_as_there_can_be_and_then_503() -> None:
    desk = Desk(sessions=2)
    desk.log_in()
    token = desk.log_in()
    full = desk.ask("POST", SESSIONS, {"UserName": "admin", "Password": PASSWORD}, user="")
    assert (full.status, key(full)) == (503, "SessionLimitExceeded")
    location = desk.get(SESSIONS, x_auth_token=token)["Members"][0]["@odata.id"]
    assert desk.ask("DELETE", location, x_auth_token=token).status == 204
    desk.log_in()


def test_a_session_ends_when_it_is_not_used_and_lives_on_when_it_is() -> None:
    desk = Desk(session_timeout=100)
    idle, busy = desk.log_in(), desk.log_in()
    for now in (60, 120):
        desk.now = now
        assert desk.ask("GET", SYSTEM, x_auth_token=busy).status == 200
    assert desk.ask("GET", SYSTEM, x_auth_token=idle).status == 401
    (closed,) = desk.log.named("session-closed")
    assert (closed["t"], closed["by"]) == (100, "idle")


def test_one_may_end_ones_own_sessions_and_an_administrator_everybodys() -> None:
    desk = Desk()
    admin, other, reader = desk.log_in(), desk.log_in("reader"), desk.log_in("reader")
    first, second, third = (member["@odata.id"] for member in desk.get(SESSIONS)["Members"])
    assert desk.ask("DELETE", first, x_auth_token=reader).status == 403
    assert desk.ask("DELETE", second, x_auth_token=reader).status == 204
    assert desk.ask("DELETE", third, x_auth_token=admin).status == 204
    assert desk.ask("GET", SYSTEM, x_auth_token=other).status == 401
    assert [event["by"] for event in desk.log.named("session-closed")] == ["other", "other"]


def test_commands_carry_the_session_that_they_came_in() -> None:
    desk = Desk()
    token = desk.log_in()
    body = {"ResetType": "On"}
    desk.ask("POST", f"{SYSTEM}/Actions/ComputerSystem.Reset", body, x_auth_token=token)
    (opened,), (command,), (power,) = (desk.log.named(name) for name in ("session-opened", "command", "power"))
    assert opened["session"] == command["session"] == power["session"]


def test_accounts_are_those_of_ipmi_with_their_roles_and_without_their_passwords() -> None:
    desk = Desk()
    accounts = desk.get("/redfish/v1/AccountService/Accounts?$expand=.")["Members"]
    assert [(one["Id"], one["UserName"], one["RoleId"], one["Password"]) for one in accounts] == [
        ("2", "admin", "Administrator", None),
        ("3", "oper", "Operator", None),
        ("4", "reader", "ReadOnly", None),
    ]
    role = desk.get(accounts[1]["Links"]["Role"]["@odata.id"])
    assert role["AssignedPrivileges"] == ["Login", "ConfigureSelf", "ConfigureComponents"]
    assert desk.ask("GET", "/redfish/v1/AccountService/Roles/Root").status == 404
