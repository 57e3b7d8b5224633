"""A scenario file is read as it was meant, and every mistake in it is told with its line."""

import json
from pathlib import Path

import pytest

from bmcsim.dice import Span
from bmcsim.faults.catalogue import CATALOGUE
from bmcsim.hardware import Power, RestorePolicy
from bmcsim.scenario import Plan, ScenarioError, json_schema, parse_scenario, plan
from powerfsm.ipmi.wire.numbers import Privilege

NOWHERE = Path("nowhere")


def planned(text: str, directory: Path = NOWHERE) -> Plan:
    return plan(parse_scenario(text.encode(), "s.yaml", directory))


def mistakes(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        planned(text)
    return str(refused.value).splitlines()


def test_one_line_is_a_scenario() -> None:
    made = planned("nodes: n[1-10]")
    assert list(made.profiles) == [f"n{number}" for number in range(1, 11)]
    assert set(made.addresses.values()) == {("127.0.0.1", 0)}
    assert (made.rules, made.events, made.log, made.control, dict(made.redfish)) == ((), (), None, None, {})


def test_groups_differ_from_their_family_in_what_they_say() -> None:
    made = planned(
        """
        nodes:
          - names: a1
            machine: {power: on, boot-delay: 2-5, restore: always-on}
            bmc: {slots: 2, sequence-check: none, suites: [3], identity: {product: 9}}
            users: [{name: root, password: calvin, privilege: operator}]
            kg: secret
            addresses: {hosts: 127.7.7.1, port: 6230}
            redfish: {tls: true}
          - {names: "b[1-2]", profile: slow-old, addresses: {host: 127.7.7.2, port: 7000}}
        """
    )
    one = made.profiles["a1"]
    assert one.hardware.power is Power.ON
    assert one.hardware.boot_delay == Span(2, 5)
    assert one.hardware.restore is RestorePolicy.ALWAYS_ON
    assert (one.slots, one.suites, one.kg, one.identity.product) == (2, (3,), b"secret", 9)
    assert [(user.name, user.password, user.limit) for user in one.users] == [
        ("root", "calvin", Privilege.OPERATOR)
    ]
    assert made.addresses == {"a1": ("127.7.7.1", 6230), "b1": ("127.7.7.2", 7000), "b2": ("127.7.7.2", 7001)}
    assert made.redfish == {"a1": ("127.7.7.1", 443)}
    assert made.tls == {"a1"}
    assert made.profiles["b1"].hardware.boot_delay.high > 5


def test_a_group_repeats_another_and_says_what_is_different() -> None:
    made = planned(
        """
        nodes:
          - &old {names: a1, bmc: {slots: 2}, machine: {power: on}}
          - {<<: *old, names: a2, machine: {latch: 3}}
        """
    )
    assert made.profiles["a2"].slots == 2
    assert made.profiles["a2"].hardware.latch == Span.of(3)
    assert made.profiles["a2"].hardware.power is Power.OFF


def test_secrets_come_from_variables_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PASSWORD", "from-variable")
    (tmp_path / "kg").write_text("from-file\nnot this\n")
    made = planned(
        "nodes: [{names: n1, kg: {file: kg}, users: [{name: a, password: {env: SOME_PASSWORD}}]}]", tmp_path
    )
    assert made.profiles["n1"].kg == b"from-file"
    assert made.profiles["n1"].users[0].password == "from-variable"
    assert "from-variable" not in repr(made)
    assert "from-file" not in repr(made)


def test_a_rule_has_its_fault_with_parameters_and_when_it_strikes() -> None:
    (rule,) = planned(
        """
        nodes: n[1-3]
        faults:
          - {fault: completion-code, code: C3h, nodes: n2, steps: [chassis-status], probability: 0.5,
             since: 10, until: 60, times: 3}
        """
    ).rules
    assert rule.fault == CATALOGUE["completion-code"](code=0xC3)  # type: ignore[call-arg]  # one of the catalogue
    assert (rule.nodes, rule.probability, rule.since, rule.until, rule.times) == ("n2", 0.5, 10, 60, 3)
    assert rule.steps == {"chassis-status"}


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_every_fault_can_be_had_by_its_name(name: str) -> None:
    (rule,) = planned(f"nodes: n1\nfaults:\n  - fault: {name}\n").rules
    assert type(rule.fault) is CATALOGUE[name]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["s.yaml:1: the file is empty, expected at least `nodes: n[1-10]`"]),
        ("nodes: [", ["s.yaml:1: not YAML: "]),
        (
            "nodes: n1\nseed: 1\nseed: 2",
            ['s.yaml:3: "seed" stands here twice, expected it once (the first is in line 2)'],
        ),
        ("seed: 1", ["s.yaml:1: there is no nodes, expected one here"]),
        ("nodes: n[1-", ["s.yaml:1: names: 'n[1-' is no hostlist such as n[1-50]"]),
        ("nodes: []", ["s.yaml:1: nodes: the list is empty, expected at least one"]),
        (
            "nodes: n1\nsede: 1",
            ["s.yaml:2: there is no key 'sede' here (did you mean seed?), expected one of nodes, "],
        ),
        ("nodes: n1\nseed: x", ["s.yaml:2: seed is 'x', expected a valid integer"]),
        ("nodes: n1\nnetwork:\n  loss: 2", ["s.yaml:3: loss is 2, expected less than or equal to 1"]),
        (
            "nodes:\n- names: n1\n  profile: ilo",
            ["s.yaml:3: profile: there is no family 'ilo', expected one of chassis, "],
        ),
        ("nodes:\n- names: n1\n  bmc: {slots: 0}", ["s.yaml:3: 0 session slots"]),
        ("nodes:\n- names: n1\n  machine: {latch: soon}", ["s.yaml:3: latch: 'soon' is no span of seconds"]),
        ("nodes:\n- names: n1\n- names: n[1-2]", ["s.yaml:3: n1 is in another group already"]),
        (
            "nodes:\n- names: n[1-2]\n  addresses:\n    hosts: 127.1.0.[1-3]",
            ["s.yaml:3: 3 hosts for 2 nodes, expected one for each"],
        ),
        (
            "nodes:\n- {names: n1, addresses: {host: 127.0.0.1, port: 99}}\n- {names: n2, addresses: {port: 99}}",
            ["s.yaml:1: n2 and n1 are both at 127.0.0.1:99, expected an address or a port for each"],
        ),
        ("nodes: n1\nfaults:\n- fault: bussy", ["s.yaml:3: there is no fault 'bussy'; did you mean busy?"]),
        ("nodes: n1\nfaults:\n- nodes: n1", ["s.yaml:3: there is no fault, expected the name of one"]),
        (
            "nodes: n1\nfaults:\n- fault: busy\n  steps: [ping]",
            ["s.yaml:4: steps is 'ping', expected 'activate'"],
        ),
        (
            "nodes: n1\nfaults:\n- {fault: busy, nodes: n2}",
            ["s.yaml:3: there are no nodes n2, expected names that"],
        ),
        (
            "nodes: n1\nfaults:\n- fault: busy\n  since: 9\n  until: 3",
            ["s.yaml:5: from 9 s until 3 s is no time at all"],
        ),
        ("nodes: n1\nevents:\n- {at: 1, do: dance}", ["s.yaml:3: do is 'dance', expected 'button', "]),
        ("nodes: n1\nevents:\n- {at: 1, do: wake, lasting: 3}", ["s.yaml:3: events: wake does not last"]),
        (
            "nodes: n1\ncontrol: 0.0.0.0:8700",
            ["s.yaml:2: control: 0.0.0.0 can be reached from elsewhere: give a token"],
        ),
        ("nodes: n1\ncontrol: 8700", ["s.yaml:2: control is 8700, expected a valid dictionary"]),
        (
            "nodes: n1\nseed: x\nsede: 1\nnetwork: {loss: x}",
            [
                "s.yaml:2: seed is",
                "s.yaml:3: there is no key 'sede'",
                "s.yaml:4: loss is 'x'",
            ],
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_expected(text: str, told: list[str]) -> None:
    said = mistakes(text)
    assert len(said) == len(told)
    for line, beginning in zip(said, told, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("users", "told"),
    [
        ("{name: a, password: 987654321}", "password: a secret is a text (in quotes, where it is a number)"),
        ("{name: a, password: {env: SURELY_NOT_SET}}", "the environment variable SURELY_NOT_SET is not set"),
        ("{name: a, password: {file: missing}}", "nowhere/missing cannot be read for a secret"),
        ("{name: a, password: 987654321-987654321-987654321}", "is longer than 20 bytes"),
        ("{name: a, password: {env: A, file: b}}", "a secret is a plain text, or {env: VARIABLE}"),
    ],
)
def test_what_stands_where_a_secret_should_is_never_repeated(users: str, told: str) -> None:
    (said,) = mistakes(f"nodes:\n- names: n1\n  users:\n  - {users}\n")
    assert said.startswith("s.yaml:4: ")
    assert told in said
    assert "987654321" not in said


def test_the_schema_knows_every_key_and_every_fault() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert list(schema["properties"]) == ["nodes", "seed", "network", "faults", "events", "log", "control"]
    kinds = {
        definition["properties"]["fault"]["const"]
        for definition in schema["$defs"].values()
        if "fault" in definition.get("properties", {})
    }
    assert kinds == set(CATALOGUE)
    assert schema["$defs"]["WayModel"]["properties"]["duplicate-lag"]["default"] == "0-1"


def test_the_example_of_the_repository_is_a_scenario() -> None:
    path = Path(__file__).parents[3] / "examples" / "scenario.yaml"
    made = plan(parse_scenario(path.read_bytes(), path.name, path.parent))
    assert len(made.profiles) == 19
    assert {rule.fault.name for rule in made.rules} == {"busy", "session-leak", "drop"}
