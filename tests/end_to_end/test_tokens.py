"""Who may do what: tokens made on the command line, used by it and over HTTP."""

from pathlib import Path

import httpx

from real_site import Site


async def test_each_role_may_do_what_it_says_and_no_more(site: Site) -> None:
    tokens = {}
    maker = site.daemon(directory=site.directory)
    for role in ("read", "operate", "admin"):
        made = await maker.does(
            "token", "create", f"a-{role}er", "--role", role, "--append", str(tokens_file(site))
        )
        tokens[role] = made.strip()
    bmcs, daemon = site.bmcs("n1"), site.daemon(settings={"tokens": "tokens"})
    await bmcs.start()
    await daemon.start()
    node = {"names": "n1", "bmc": {"host": site.addresses(bmcs)[0], "port": bmcs.port}}

    async def answers(token: str | None) -> list[int]:
        """The answers to a look, to a wish and to a change."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with daemon.api(headers=headers) as api:
            return [
                (await api.get("/v1/nodes")).status_code,
                (await api.post("/v1/nodes/n1/power", json={"ask": "on"})).status_code,
                (await api.post("/v1/nodes", json=node)).status_code,
            ]

    async with httpx.AsyncClient(base_url=daemon.url, trust_env=False) as anybody:
        assert (await anybody.get("/healthz")).status_code == 200
    assert await answers(None) == [401, 401, 401]
    assert await answers("nobody-was-given-this") == [401, 401, 401]
    assert await answers(tokens["read"]) == [200, 403, 403]
    assert await answers(tokens["operate"]) == [200, 404, 403]
    assert await answers(tokens["admin"]) == [200, 404, 201]

    denied = await daemon.ask("on", "n1", POWERFSM_TOKEN=tokens["read"])
    assert denied.code == 2
    assert "operate" in denied.err
    assert "token" in denied.err
    nobody = await daemon.ask("status")
    assert nobody.code == 2
    assert bmcs.commands("n1") == []
    assert await daemon.does("on", "n1", "--wait", POWERFSM_TOKEN=tokens["operate"]) == "succeeded: n1\n"
    async with daemon.api(headers={"Authorization": f"Bearer {tokens['read']}"}) as api:
        (operation,) = (await api.get("/v1/operations")).json()["operations"]
    assert operation["asked_by"] == "a-operateer"

    # A token that is taken back is of no use any more, without a restart.
    lines = tokens_file(site).read_text().splitlines(keepends=True)
    tokens_file(site).write_text("".join(line for line in lines if not line.startswith("a-operateer")))
    assert await answers(tokens["operate"]) == [401, 401, 401]
    everything = b"".join(file.read_bytes() for file in site.directory.iterdir() if file.is_file())
    for token in tokens.values():
        assert token.encode() not in everything


def tokens_file(site: Site) -> Path:
    """Where the daemon looks for tokens."""
    return site.directory / "tokens"
