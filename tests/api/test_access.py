"""Who gets in: tokens and their roles, and what is asked of requests where there are none."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from api_house import House
from powerfsm.api.access import Caller, Role, TokensError, make_token, read_tokens
from powerfsm.api.gate import LARGEST_BODY


class Endless(httpx.AsyncByteStream):
    """A body that never ends, and counts what was taken of it."""

    sent = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self.sent += 2**20
        return b" " * 2**20


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def test_a_token_is_known_by_its_line(tmp_path: Path) -> None:
    token, line = make_token("ci", Role.OPERATE)
    other, other_line = make_token("grafana", Role.READ)
    tokens = read_tokens(written(tmp_path / "tokens", "# who may", "", line, other_line))
    assert tokens.identify(token) == Caller("ci", Role.OPERATE)
    assert tokens.identify(other) == Caller("grafana", Role.READ)
    assert tokens.identify(token[:-1]) is None
    assert tokens.identify("") is None
    assert tokens.identify("\ud800") is None


def test_no_line_holds_its_token() -> None:
    token, line = make_token("ci", Role.READ)
    assert token not in line
    assert make_token("ci", Role.READ)[0] != token


@pytest.mark.parametrize("name", ["", "a b", "local", "x" * 65, "-a", "é", "a\n"])
def test_not_everything_is_a_name(name: str) -> None:
    with pytest.raises(TokensError):
        make_token(name, Role.READ)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ci operate", "expected name, role and sha256:HASH"),
        ("ci root sha256:" + 64 * "0", "expected read, operate or admin"),
        ("ci read md5:00", "no hash"),
        ("ci read sha256:00", "no hash"),
        ("local read sha256:" + 64 * "0", "choose another"),
        ("é read sha256:" + 64 * "0", "is no name"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(line: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(TokensError, match=told) as caught:
        read_tokens(written(tmp_path / "tokens", "# comment", line))
    assert "tokens:2: " in str(caught.value)


def test_two_tokens_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    lines = [make_token("ci", Role.READ)[1], make_token("ci", Role.ADMIN)[1]]
    with pytest.raises(TokensError, match="already"):
        read_tokens(written(tmp_path / "tokens", *lines))


def test_a_file_without_a_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TokensError, match="no token is in it"):
        read_tokens(written(tmp_path / "tokens", "# nobody"))
    with pytest.raises(TokensError, match="cannot be read"):
        read_tokens(tmp_path / "nowhere")


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "tokens", make_token("ci", Role.READ)[1])
    file.chmod(0o620)
    with pytest.raises(TokensError, match="others may write"):
        read_tokens(file)


def test_a_changed_file_is_in_force_at_the_next_request(tmp_path: Path) -> None:
    old, line = make_token("ci", Role.READ)
    file = written(tmp_path / "tokens", line)
    tokens = read_tokens(file)
    new, line = make_token("ci", Role.ADMIN)
    written(tmp_path / "new", line).replace(file)
    assert tokens.identify(old) is None
    assert tokens.identify(new) == Caller("ci", Role.ADMIN)


def test_a_file_that_breaks_later_is_logged_and_keeps_the_last_tokens(tmp_path: Path) -> None:
    token, line = make_token("ci", Role.READ)
    file = written(tmp_path / "tokens", line)
    tokens = read_tokens(file)
    written(file, "broken")
    with capture_logs() as logs:
        assert tokens.identify(token) is not None
    assert [entry["event"] for entry in logs] == ["tokens.unreadable"]


async def test_without_a_token_nothing_but_health_is_answered(guarded: House) -> None:
    async with guarded.client() as client:
        for path in ("/v1/nodes", "/metrics", "/v1/version", "/v1/nowhere"):
            answer = await client.get(path)
            assert answer.status_code == 401
            assert answer.json()["type"] == "/problems/unauthorized"
            assert answer.headers["www-authenticate"] == 'Bearer realm="powerfsm"'
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/problems/unauthorized"):
            assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Basic dTpw", "bearer\tx", "Bearer " + "x" * 9000, "token"]
)
async def test_a_wrong_token_is_refused_and_not_repeated(header: str, guarded: House) -> None:
    async with guarded.client() as client:
        answer = await client.get("/v1/nodes", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "nonsense" not in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_nothing_is_parsed_for_somebody_unknown(guarded: House) -> None:
    async with guarded.client() as client:
        answer = await client.post("/v1/power", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


async def test_each_role_may_do_what_those_below_it_may(guarded: House) -> None:
    await guarded.add("n1")
    asks = {
        Role.READ: ("GET", "/v1/nodes/n1", None, 200),
        Role.OPERATE: ("POST", "/v1/nodes/n1/power", {"ask": "on"}, 202),
        Role.ADMIN: ("POST", "/v1/nodes", {"names": "n2", "bmc": {"host": "n2"}}, 201),
    }
    for role, token in guarded.tokens.items():
        async with guarded.client(token) as client:
            for needed, (method, path, body, status) in asks.items():
                answer = await client.request(method, path, json=body)
                if role.covers(needed):
                    assert answer.status_code == status, answer.text
                else:
                    assert answer.status_code == 403
                    problem = answer.json()
                    assert (problem["role"], problem["needed"]) == (role, needed)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8623", "127.3.2.1", "LOCALHOST:80"])
async def test_without_tokens_requests_to_loopback_names_are_answered(host: str, daemon: House) -> None:
    async with daemon.client() as client:
        assert (await client.get("/v1/version", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8623", "10.0.0.1", "", "[2001:db8::1]", "["])
async def test_without_tokens_a_page_from_elsewhere_cannot_ask(host: str, daemon: House) -> None:
    async with daemon.client() as client:
        answer = await client.get("/v1/version", headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/forbidden"
        assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_with_tokens_any_name_will_do(guarded: House) -> None:
    async with guarded.client(guarded.tokens[Role.READ], "http://powerfsm.example") as client:
        assert (await client.get("/v1/version")).status_code == 200


async def test_a_body_that_is_announced_as_too_large_is_not_read(client: httpx.AsyncClient) -> None:
    headers = {"Content-Length": str(LARGEST_BODY + 1), "Content-Type": "application/json"}
    answer = await client.post("/v1/power", content=b"", headers=headers)
    assert answer.status_code == 413
    assert answer.json()["limit"] == LARGEST_BODY


async def test_a_body_that_grows_too_large_is_cut_off(client: httpx.AsyncClient) -> None:
    body = Endless()
    headers = {"Content-Type": "application/json", "Host": "localhost"}
    answer = await client.send(httpx.Request("POST", "http://localhost/v1/power", headers=headers, stream=body))
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/body-too-large"
    assert body.sent < 2 * LARGEST_BODY


async def test_a_body_of_just_the_limit_is_read(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    body = b'{"ask": "on"}'
    content = body + b" " * (LARGEST_BODY - len(body))
    headers = {"Content-Type": "application/json"}
    assert (await client.post("/v1/nodes/n1/power", content=content, headers=headers)).status_code == 202
