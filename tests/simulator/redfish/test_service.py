"""The protocol: who is let in, what is refused and how, conditions, queries (DSP0266)."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bmcsim import Fleet
from bmcsim.profile import RedfishWays
from bmcsim.profiles import FAMILIES
from bmcsim.redfish.door import Door
from bmcsim.redfish.exchange import Request
from bmcsim.redfish.routes import ROUTES
from redfish_desk import PASSWORD, RESET, SESSIONS, SYSTEM, USERS, Desk, basic, key

ROOT = "/redfish/v1"
OPEN = ["/redfish", "/redfish/", ROOT, f"{ROOT}/", f"{ROOT}/odata", f"{ROOT}/$metadata"]


def links(document: Any) -> Iterator[str]:
    """Yield every path that a document refers to."""
    if isinstance(document, list):
        for each in document:
            yield from links(each)
    elif isinstance(document, dict):
        for name, value in document.items():
            if name in ("@odata.id", "target", "@Redfish.ActionInfo", "Uri") and isinstance(value, str):
                yield value
            else:
                yield from links(value)


@pytest.mark.parametrize("path", OPEN)
def test_where_everything_starts_nobody_has_to_be_known(path: str) -> None:
    response = Desk().ask("GET", path, user="")
    assert response.status == 200
    assert response.headers["OData-Version"] == "4.0"


def walk(desk: Desk) -> set[str]:
    """Follow every link from the root, and hold what is there to what all resources have in common."""
    waiting, seen = [f"{ROOT}/"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if "/Actions/" in path:
            assert key(desk.ask("POST", path, {})) == "ActionParameterMissing"
            continue
        document = desk.get(path)
        assert document["@odata.id"] == path
        assert document["@odata.type"].startswith("#")
        assert document["Name"]
        waiting += links(document)
    return seen


def test_every_link_leads_to_a_resource_that_names_itself_and_has_a_type() -> None:
    desk = Desk(reset_is_task=True)
    desk.reset("On")
    desk.log_in()
    assert len(walk(desk)) >= len([route for route in ROUTES if route.read or "Actions" in route.path]) - len(OPEN)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_service_without_a_dead_end(family: str) -> None:
    desk = Desk()
    profile = replace(FAMILIES[family], users=USERS)
    desk.fleet = Fleet.of("n1", profile, log=desk.log, clock=lambda: desk.now)
    desk.fleet.serve_at("n1", ("192.0.2.1", 623))
    desk.door = Door(desk.fleet)
    ways = profile.redfish
    assert {f"{ROOT}/Systems/{ways.system}", f"{ROOT}/Managers/{ways.manager}"} <= walk(desk)


@pytest.mark.parametrize(
    ("ways", "why"),
    [
        ({"session_timeout": 29.0}, "from 30 to 86400"),
        ({"sessions": 0}, "at least one session"),
        ({"tasks": 0}, "at least one session and one task"),
        ({"task_limit": 0.0}, "time for at least one"),
        ({"reset_types": ("Explode",)}, "no ResetType Explode"),
        ({"without_change": 200}, "204 or an error"),
    ],
)
def test_a_service_that_cannot_be_is_refused(ways: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        RedfishWays(**ways)


def test_the_metadata_is_xml_and_refers_to_each_schema_in_use() -> None:
    desk = Desk()
    response = desk.ask("GET", f"{ROOT}/$metadata", user="")
    assert response.headers["Content-Type"].startswith("application/xml")
    spaces = {
        element.attrib["Namespace"]
        for element in ET.fromstring(response.body).iter("{http://docs.oasis-open.org/odata/ns/edmx}Include")
    }
    used = desk.get(SYSTEM)["@odata.type"].lstrip("#").rpartition(".")[0]
    assert used in spaces


@pytest.mark.parametrize("headers", [{}, {"x_auth_token": "0" * 32}, {"authorization": "Basic !"}])
def test_without_good_credentials_it_is_401_with_a_challenge(headers: dict[str, str]) -> None:
    response = Desk().ask("GET", SYSTEM, user="", **headers)
    assert (response.status, key(response)) == (401, "NoValidSession")
    assert response.headers["Www-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("given", [("admin", "wrong"), ("nobody", PASSWORD), ("", ""), ("caller", PASSWORD)])
def test_a_wrong_password_is_401_and_in_the_log_without_its_text(given: tuple[str, str]) -> None:
    desk = Desk()
    response = desk.ask("GET", SYSTEM, authorization=basic(*given))
    assert (response.status, key(response)) == (401, "ResourceAtUriUnauthorized")
    (refused,) = desk.log.named("refused")
    assert (refused["what"], refused["code"], refused["door"]) == ("login", "401", "redfish")
    assert "wrong" not in str(list(desk.log))


def test_a_service_without_basic_authentication_takes_tokens_only() -> None:
    desk = Desk(basic=False)
    assert desk.ask("GET", SYSTEM).status == 401
    assert desk.ask("GET", SYSTEM, x_auth_token=desk.log_in()).status == 200


@pytest.mark.parametrize(
    ("user", "method", "path", "allowed"),
    [
        ("reader", "GET", SYSTEM, True),
        ("reader", "POST", RESET, False),
        ("reader", "PATCH", SYSTEM, False),
        ("oper", "POST", RESET, True),
        ("oper", "POST", f"{ROOT}/Managers/1/Actions/Manager.Reset", False),
        ("admin", "POST", f"{ROOT}/Managers/1/Actions/Manager.Reset", True),
        ("oper", "GET", f"{ROOT}/AccountService/Accounts/2", False),
        ("oper", "GET", f"{ROOT}/AccountService/Accounts/3", True),
        ("admin", "GET", f"{ROOT}/AccountService/Accounts/3", True),
    ],
)
def test_what_an_account_may_do_follows_from_its_ipmi_privilege(
    user: str, method: str, path: str, *, allowed: bool
) -> None:
    response = Desk().ask(method, path, {} if method != "GET" else None, user=user)
    assert (response.status == 403) is not allowed
    if not allowed:
        assert key(response) == "InsufficientPrivilege"


def test_an_unknown_path_is_404_with_an_error_and_401_to_strangers() -> None:
    desk = Desk()
    for path in ("/redfish/v1/Nothing", "/redfish/v1/Systems/2", "/", "/redfish/v2", f"{SYSTEM}/x/y/z"):
        response = desk.ask("GET", path)
        assert (response.status, key(response)) == (404, "ResourceMissingAtURI")
        assert desk.ask("GET", path, user="").status == 401


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", SYSTEM, "GET, HEAD, PATCH, OPTIONS"),
        ("GET", RESET, "POST, OPTIONS"),
        ("PUT", f"{ROOT}/Systems", "GET, HEAD, OPTIONS"),
        ("PATCH", SESSIONS, "GET, HEAD, POST, OPTIONS"),
        ("BREW", SYSTEM, "GET, HEAD, PATCH, OPTIONS"),
    ],
)
def test_a_method_that_a_resource_has_not_is_405_with_allow(method: str, path: str, allow: str) -> None:
    response = Desk().ask(method, path)
    assert (response.status, response.headers["Allow"]) == (405, allow)
    assert key(response) == "OperationNotAllowed"


def test_options_tells_what_can_be_done() -> None:
    response = Desk().ask("OPTIONS", SYSTEM)
    assert (response.status, response.headers["Allow"]) == (204, "GET, HEAD, PATCH, OPTIONS")


def test_head_is_get_without_the_body() -> None:
    desk = Desk()
    got, headed = desk.ask("GET", SYSTEM), desk.ask("HEAD", SYSTEM)
    assert headed.headers == got.headers
    assert (headed.status, headed.body) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(got.body))


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html, application/*;q=0.5", 200),
        ("*/*", 200),
        ("text/html", 406),
        ("application/xml", 406),
    ],
)
def test_a_client_that_takes_no_json_is_told_406(accept: str, status: int) -> None:
    assert Desk().ask("GET", SYSTEM, accept=accept).status == status


def test_another_version_of_odata_is_412() -> None:
    response = Desk().ask("GET", SYSTEM, odata_version="3.0")
    assert (response.status, key(response)) == (412, "HeaderInvalid")
    assert Desk().ask("GET", SYSTEM, odata_version="4.0").status == 200


@pytest.mark.parametrize(
    ("body", "content", "status", "why"),
    [
        (b"ResetType=On", "application/x-www-form-urlencoded", 415, "HeaderInvalid"),
        (b'{"ResetType": "On"}', "", 415, "HeaderInvalid"),
        (b'{"ResetType": "On"', "application/json", 400, "MalformedJSON"),
        (b"\xff\xfe", "application/json", 400, "MalformedJSON"),
        (b"[" * 60000, "application/json", 400, "MalformedJSON"),
        (b"", "application/json", 400, "MalformedJSON"),
        (b'["On"]', "application/json", 400, "UnrecognizedRequestBody"),
        (b" " * 70000, "application/json", 413, "PayloadTooLarge"),
    ],
)
def test_a_bad_body_is_refused_and_changes_nothing(body: bytes, content: str, status: int, why: str) -> None:
    desk = Desk()
    headers = {"authorization": basic("admin"), "content-type": content}
    response = desk.send(Request("POST", RESET, headers, body))
    assert (response.status, key(response)) == (status, why)
    assert desk.log.named("command", "power") == []


def test_what_has_not_changed_is_304_and_what_has_is_sent_again() -> None:
    desk = Desk()
    tag = desk.ask("GET", SYSTEM).headers["ETag"]
    unchanged = desk.ask("GET", SYSTEM, if_none_match=tag)
    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", tag)
    desk.reset("On")
    assert desk.ask("GET", SYSTEM, if_none_match=tag).status == 200


def test_a_patch_with_an_old_etag_is_412_and_with_the_present_one_done() -> None:
    desk = Desk()
    old = desk.ask("GET", SYSTEM).headers["ETag"]
    change = {"PowerRestorePolicy": "AlwaysOn"}
    assert desk.ask("PATCH", SYSTEM, change, if_match=f'"x", W/{old}').status == 204
    late = desk.ask("PATCH", SYSTEM, {"PowerRestorePolicy": "LastState"}, if_match=old)
    assert (late.status, key(late)) == (412, "PreconditionFailed")
    assert desk.get(SYSTEM)["PowerRestorePolicy"] == "AlwaysOn"
    assert desk.ask("PATCH", SYSTEM, change, if_match="*").status == 204


def test_a_service_that_wants_if_match_says_428_without() -> None:
    desk = Desk(wants_if_match=True)
    change = {"PowerRestorePolicy": "AlwaysOn"}
    response = desk.ask("PATCH", SYSTEM, change)
    assert (response.status, key(response)) == (428, "PreconditionRequired")
    tag = desk.ask("GET", SYSTEM).headers["ETag"]
    assert desk.ask("PATCH", SYSTEM, change, if_match=tag).status == 204


def test_expand_puts_members_where_their_links_were() -> None:
    desk = Desk()
    for value in (".", ".($levels=1)", "*"):
        (member,) = desk.get(f"{ROOT}/Systems?$expand={value}")["Members"]
        assert member == desk.get(SYSTEM)
    assert desk.get(f"{ROOT}/Systems?$expand=~")["Members"] == [{"@odata.id": SYSTEM}]


def test_expand_of_links_follows_them_and_nothing_else() -> None:
    found = Desk().get(f"{SYSTEM}?$expand=~($levels=1)")
    assert found["Links"]["Chassis"][0]["Name"] == "Chassis"
    assert set(found["Actions"]["#ComputerSystem.Reset"]) == {
        "target",
        "ResetType@Redfish.AllowableValues",
        "@Redfish.ActionInfo",
    }


def test_expand_shows_nobody_what_they_may_not_read() -> None:
    members = Desk().get(f"{ROOT}/AccountService/Accounts?$expand=.", user="oper")["Members"]
    assert [member.get("UserName") for member in members] == [None, "oper", None]


def test_top_and_skip_page_through_a_collection() -> None:
    desk = Desk()
    path = f"{ROOT}/AccountService/Roles"
    first = desk.get(f"{path}?$top=2")
    rest = desk.get(first["Members@odata.nextLink"])
    assert first["Members@odata.count"] == 3
    assert [*first["Members"], *rest["Members"]] == desk.get(path)["Members"]
    assert "Members@odata.nextLink" not in rest
    assert desk.get(f"{path}?$skip=9")["Members"] == []


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        (f"{ROOT}/Systems?$filter=x", 501, "QueryParameterUnsupported"),
        (f"{ROOT}/Systems?$select=Name", 501, "QueryParameterUnsupported"),
        (f"{ROOT}/Systems?$top=many", 400, "QueryParameterValueTypeError"),
        (f"{ROOT}/Systems?$top=-1", 400, "QueryParameterOutOfRange"),
        (f"{ROOT}/Systems?$expand=all", 400, "QueryParameterValueTypeError"),
        (f"{ROOT}/Systems?$expand=.($levels=7)", 400, "QueryParameterOutOfRange"),
        (f"{SYSTEM}?$top=1", 400, "QueryNotSupportedOnResource"),
    ],
)
def test_queries_that_cannot_be_answered_are_refused(path: str, status: int, why: str) -> None:
    response = Desk().ask("GET", path)
    assert (response.status, key(response)) == (status, why)


def test_other_unknown_queries_are_ignored() -> None:
    assert Desk().ask("GET", f"{SYSTEM}?pretty&_=1").status == 200


def test_every_message_that_is_sent_is_in_the_registry() -> None:
    desk = Desk()
    file = desk.get(f"{ROOT}/Registries/Base")
    registry = desk.get(file["Location"][0]["Uri"])
    info = desk.ask("GET", f"{ROOT}/x").document["error"]["@Message.ExtendedInfo"][0]
    prefix, major, minor, name = info["MessageId"].split(".")
    assert f"{prefix}.{major}.{minor}" == file["Registry"]
    assert registry["RegistryVersion"].startswith(f"{major}.{minor}.")
    assert registry["Messages"][name]["NumberOfArgs"] == len(info["MessageArgs"])


def test_requests_are_in_the_log_with_their_answers() -> None:
    desk = Desk()
    desk.ask("GET", SYSTEM)
    desk.ask("GET", "/" + "x" * 5000 + "é")
    first, second = desk.log.named("request")
    assert (first["method"], first["path"], first["status"], first["door"]) == ("GET", SYSTEM, 200, "redfish")
    assert len(second["path"]) <= 100


def test_a_bmc_that_is_dead_says_nothing() -> None:
    desk = Desk()
    desk.fleet["n1"].crash(0)
    assert desk.ask("GET", f"{ROOT}/", user="").delivery.silent
