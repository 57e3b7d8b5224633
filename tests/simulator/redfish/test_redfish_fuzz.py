"""Any HTTP bytes and any JSON, at any moment, leave a service serving."""

import json
from typing import Any

import h11
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from bmcsim.redfish.conversation import Conversation
from bmcsim.redfish.exchange import Request, Response
from bmcsim.redfish.routes import ROUTES
from redfish_desk import RESET, SESSIONS, SYSTEM, Desk, basic, key
from virtual_time import in_virtual_time

METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "BREW"]
PATHS = [route.path.replace("{", "").replace("}", "").replace("/system", "/1") for route in ROUTES]
WHOLE = (
    b"POST %s HTTP/1.1\r\nHost: bmc\r\nContent-Type: application/json\r\nContent-Length: 19\r\n" % RESET.encode()
)
STATUSES = {200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 428, 501, 503}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
known = st.sampled_from(
    ["ResetType", "Boot", "PowerRestorePolicy", "UserName", "Password", "BootSourceOverrideTarget", "@odata.id"]
)
documents = anything | st.dictionaries(known, anything | st.dictionaries(known, anything, max_size=3), max_size=4)
paths = st.sampled_from(PATHS) | st.text(max_size=60) | st.builds("/redfish/v1/{}".format, st.text(max_size=30))
queries = st.just("") | st.builds(
    "?{}={}".format, st.sampled_from(["$top", "$skip", "$expand", "$x", "y"]), st.text()
)
headers = st.dictionaries(
    st.sampled_from(
        ["authorization", "x-auth-token", "if-match", "if-none-match", "accept", "content-type", "odata-version"]
    ),
    st.text(max_size=40)
    | st.sampled_from([basic("admin"), basic("reader"), "*", "application/json", "4.0", '"x"']),
    max_size=7,
)


def still_serves(desk: Desk) -> None:
    """Log in, change the power, read it, log out: after all sessions have ended."""
    desk.now += 100_000
    token = desk.log_in()
    wanted = "ForceOff" if desk.power_state() == "On" else "On"
    assert desk.ask("POST", RESET, {"ResetType": wanted}, x_auth_token=token).status == 204
    assert desk.power_state() == ("On" if wanted == "On" else "Off")
    assert desk.ask("DELETE", desk.get(SESSIONS)["Members"][0]["@odata.id"]).status == 204


def sound(response: Response) -> None:
    """Hold any answer to what all have in common."""
    assert response.status in STATUSES
    if response.status >= 400 and response.body:
        assert key(response)
    assert all(value.isprintable() and value.isascii() for value in response.headers.values())


@given(st.lists(st.tuples(st.sampled_from(METHODS), paths, queries, headers, documents), max_size=12))
@settings(deadline=None)
def test_arbitrary_requests(sent: list[tuple[str, str, str, dict[str, str], Any]]) -> None:
    desk = Desk()
    for method, path, query, given_headers, document in sent:
        desk.now += 1
        sound(desk.send(Request(method, path + query, given_headers, json.dumps(document).encode())))
    still_serves(desk)


@given(st.lists(st.tuples(st.sampled_from(METHODS), st.sampled_from(PATHS), documents), max_size=12))
@settings(deadline=None)
def test_arbitrary_documents_from_an_administrator(sent: list[tuple[str, str, Any]]) -> None:
    desk = Desk(reset_is_task=False)
    for method, path, document in sent:
        desk.now += 1
        sound(desk.ask(method, path, document))
    still_serves(desk)


@given(st.lists(st.binary(max_size=200), max_size=8))
@settings(deadline=None)
def test_arbitrary_bodies_from_an_administrator(bodies: list[bytes]) -> None:
    desk = Desk()
    for body in bodies:
        for method, path in (("POST", RESET), ("PATCH", SYSTEM), ("POST", SESSIONS)):
            given_headers = {"authorization": basic("admin"), "content-type": "application/json"}
            sound(desk.send(Request(method, path, given_headers, body)))
    still_serves(desk)


async def talk(desk: Desk, said: list[bytes]) -> bytes:
    """Say it over one connection, piece by piece, and return what comes back."""
    ours, theirs = trio.testing.memory_stream_pair()
    heard = bytearray()

    async def serve() -> None:
        try:
            await Conversation(theirs, ("192.0.2.1", 1), desk.send).run()
        except trio.BrokenResourceError:
            pass
        finally:
            await theirs.aclose()

    async def listen() -> None:
        async for chunk in ours:
            heard.extend(chunk)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        nursery.start_soon(listen)
        try:
            for piece in said:
                await ours.send_all(piece)
            await ours.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
    return bytes(heard)


@given(
    said=st.lists(
        st.binary(max_size=80) | st.sampled_from([WHOLE, b"\r\n", b'{"ResetType": "On"}', b"GET /redfish"])
    ),
    begins_well=st.booleans(),
)
@settings(deadline=None)
def test_arbitrary_bytes_on_a_connection(said: list[bytes], *, begins_well: bool) -> None:
    desk = Desk()
    if begins_well:
        said = [b"GET /redfish HTTP/1.1\r\nHost: bmc\r\n\r\n", *said]

    async def run() -> None:
        heard = await talk(desk, said)
        assert heard.startswith(b"HTTP/1.1 200") or not begins_well
        parser = h11.Connection(h11.CLIENT)
        parser.receive_data(heard)
        again = await talk(desk, [b"GET /redfish HTTP/1.1\r\nHost: bmc\r\n\r\n"])
        assert again.startswith(b"HTTP/1.1 200")

    in_virtual_time(run)
    still_serves(desk)
