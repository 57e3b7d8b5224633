"""BMCs that cannot be driven: each is told by its name to whoever asked; the rest of the fleet notices nothing."""

import json
import re
import socket
from collections.abc import Iterable

import trio

from hostile_udp import Eavesdropper, answering, cut_short, noise, receive, udp_socket
from real_site import Bmcs, Json, Served, Site, add_nodes, names_of
from tiny_bmc import TinyBmc

LOGINS = {
    "default": {"username": "admin", "password": "password"},
    "wrong-password": {"username": "admin", "password": "Password"},
    "wrong-user": {"username": "nobody", "password": "password"},
    "wrong-kg": {"username": "admin", "password": "password", "kg": "no key of its"},
    "tiny": {"username": "admin", "password": "secret"},
}

BRIEF = {"deadline": 8}
"""For BMCs of which nothing good is to be expected; longer than one attempt takes, which ends after `answer`."""

TIMINGS = {
    "answer": 2.0,
    "fence": 2.0,
    "settle": 0.1,
    "retransmit": 0.3,
    "poll": 0.05,
    "backoff": 0.2,
    "sweep": 3600,
}


async def test_each_bad_bmc_is_told_by_its_name_and_the_rest_of_the_fleet_is_untouched(site: Site) -> None:
    bmcs = site.bmcs("good[1-4],odd[1-3]")
    daemon = site.daemon(credentials=LOGINS, settings={"timings": TIMINGS})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bmcs.start)
        nursery.start_soon(daemon.start)
    await site.add(daemon, bmcs, "good[1-4]")
    told_of = {
        "wrong-password": r"refused in RAKP message 2: .*\(wrong-password\); check user name and password",
        "wrong-user": r"user 'nobody' refused in RAKP message 2: .*; check the user name",
        "wrong-kg": r"refused in RAKP message 4: .*\(wrong-kg\); check Kg",
        "no-login": r"no credentials named 'nobody-wrote-these' are configured; add them",
        "deaf": r"no Open Session Response after \d+ datagrams; check the address",
        "absent": r"no Open Session Response after \d+ datagrams; check the address",
        "nameless": r"no address of that name can be reached .*; check the BMC's host name",
        "noisy": r"no Open Session Response after \d+ datagrams \(dropped: \d+ .*; check",
        "cutting": r"no Open Session Response after \d+ datagrams \(dropped: \d+ .*; check",
    }
    hosts = dict(zip(bmcs.names, site.addresses(bmcs), strict=True))

    async with trio.open_nursery() as nursery:
        with (
            udp_socket("127.0.0.1") as deaf,
            answering(nursery, "127.0.0.1", noise(seed=1)) as noisy,
            answering(nursery, "127.0.0.1", cut_short(TinyBmc())) as cutting,
        ):
            for name, (host, port), login in (
                ("wrong-password", (hosts["odd1"], bmcs.port), "wrong-password"),
                ("wrong-user", (hosts["odd2"], bmcs.port), "wrong-user"),
                ("wrong-kg", (hosts["odd3"], bmcs.port), "wrong-kg"),
                ("no-login", ("127.0.0.1", unused_udp_port()), "nobody-wrote-these"),
                ("deaf", deaf.getsockname(), "default"),
                ("absent", ("127.0.0.1", unused_udp_port()), "default"),
                ("nameless", ("no-such-host.invalid", 623), "default"),
                ("noisy", noisy, "default"),
                ("cutting", cutting, "tiny"),
            ):
                bmc = {"host": host, "port": port, "credentials": login}
                await add_nodes(daemon, [name], bmc, timings=BRIEF)
            ran = await daemon.ask("on", "good[1-4]", *told_of, "--wait", "--json")
        nursery.cancel_scope.cancel()

    assert ran.code == 1
    ended = json.loads(ran.out)["operations"]
    assert names_of(ended, "succeeded") == ["good1", "good2", "good3", "good4"]
    reasons = {operation["node"]: operation["reason"] for operation in ended if operation["status"] == "failed"}
    assert reasons.keys() == told_of.keys()
    for name, pattern in told_of.items():
        node = await daemon.node(name)
        where = re.escape(f"{name} ({node['bmc']['host']}:{node['bmc']['port']}) was not brought on: ")
        assert re.match(where, reasons[name])
        assert re.search(pattern, reasons[name])
        assert (node["state"], node["desired"], node["trouble"]) == ("error", "on", reasons[name])
    for name in ("wrong-password", "wrong-user", "wrong-kg", "no-login"):
        # They do not get right by being repeated, and some BMCs lock the account then.
        assert reasons[name].endswith("(1 attempt)")
    await undisturbed(bmcs, daemon, "good1", "good2", "good3", "good4")
    unwell = await daemon.ask("status")
    assert unwell.code == 1
    assert unwell.out.startswith("on:    good[1-4]\nerror: ")


async def test_a_bmc_that_answers_in_anothers_session_is_not_heard_and_told(site: Site) -> None:
    bmcs, daemon = await site.start("good1,victim1", settings={"timings": TIMINGS})
    host = site.addresses(bmcs)[1]
    async with trio.open_nursery() as nursery:
        with udp_socket("127.0.0.1") as accomplice:
            spy = Eavesdropper((host, bmcs.port), accomplice)
            # Whoever asks the accomplice itself is given what is another's, too.
            nursery.start_soon(receive, accomplice, lambda _, source: answer_all(accomplice, spy.heard, source))
            with spy.standing(nursery, "127.0.0.1") as (front, port):
                await daemon.does("nodes", "change", "victim1", "--bmc", front, "--port", str(port))
                there = accomplice.getsockname()
                await add_nodes(daemon, ["evil"], {"host": there[0], "port": there[1]}, timings=BRIEF)
                assert await daemon.does("on", "good1,victim1", "--wait") == "succeeded: good1,victim1\n"
                told = await daemon.ask("on", "evil", "--wait")
                assert await daemon.does("off", "good1,victim1", "--wait") == "succeeded: good1,victim1\n"
        nursery.cancel_scope.cancel()

    assert spy.forged > 10
    assert spy.console_ids
    assert told.code == 1
    assert re.search(
        r"evil \(.*\) was not brought on: .*no Open Session Response .* "
        r"\(dropped: \d+ (wrong-source|no-such-session)",
        told.out,
    )
    assert bmcs.commands("victim1") == bmcs.commands("good1") == ["on", "off"]
    await undisturbed(bmcs, daemon, "victim1", "good1", sessions=2)
    strangers = daemon.logged("answer-from-stranger")
    assert {tuple(line["source"]) for line in strangers} == {there}
    assert {tuple(line["expected"]) for line in strangers} == {(front, port)}


async def undisturbed(bmcs: Bmcs, daemon: Served, *nodes: str, sessions: int = 1) -> None:
    """See that nodes were driven as if they were alone: nothing was repeated, refused or left open."""
    for node in nodes:
        assert len(bmcs.events("session-opened", node=node)) == sessions
        assert [event["by"] for event in bmcs.events("session-closed", node=node)] == ["own"] * sessions
        assert bmcs.events("refused", node=node) == []
        told = await daemon.journal(node)
        assert not {"failure", "rested", "fence-unanswered"} & events_of(told), told
    assert not {node for node, _ in bmcs.open_sessions()} & set(nodes)


def events_of(journal: Iterable[Json]) -> set[str]:
    """The names of what happened."""
    return {entry["event"] for entry in journal}


def answer_all(sock: socket.socket, datagrams: Iterable[bytes], source: tuple[str, int]) -> None:
    """Say everything at once."""
    for each in list(datagrams):
        sock.sendto(each, source)


def unused_udp_port() -> int:
    """A port at which nobody listens, so that the kernel says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
