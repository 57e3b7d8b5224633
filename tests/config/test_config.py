"""The configuration: defaults, who overrides whom, and mistakes told with the place where they stand."""

from pathlib import Path

import pytest

from powerfsm.config import Configuration, ConfigurationError, is_loopback, read_configuration
from powerfsm.node import Drift

ROOT = Path(__file__).parents[2]


def read(text: str, tmp_path: Path, **environment: str) -> Configuration:
    file = tmp_path / "powerfsm.yaml"
    file.write_text(text)
    return read_configuration(file, environment=environment)


def test_no_file_is_needed() -> None:
    configuration = read_configuration(environment={}, options={"database": "fleet.db"})
    assert (configuration.host, configuration.port) == ("127.0.0.1", 8623)
    assert configuration.database == "fleet.db"
    assert configuration.drift is Drift.FLAG


@pytest.mark.parametrize("text", ["", "# nothing yet\n\n"])
def test_an_empty_file_is_all_defaults(text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path).model_dump() == read_configuration(environment={}).model_dump()


def test_the_example_is_valid_and_names_every_key() -> None:
    example = ROOT / "examples" / "powerfsm.yaml"
    configuration = read_configuration(example, environment={})
    configuration.check_timings({"settle"})
    assert configuration.limits.per_group == 8
    text = example.read_text()
    for name, info in Configuration.model_fields.items():
        assert f"{info.alias or name}:" in text or name == "spec"


def test_options_override_the_environment_and_that_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "powerfsm.yaml"
    file.write_text("log: {level: error}\nlimits: {total: 1, per-group: 1}\ntimings: {settle: 1, fence: 2}\n")
    configuration = read_configuration(
        file,
        environment={
            "POWERFSM_LIMITS_PER_GROUP": "2",
            "POWERFSM_LOG_LEVEL": "warning",
            "POWERFSM_TIMINGS_SOFT_SETTLE": "4",
            "POWERFSM_TIMINGS_SETTLE": "3",
            "POWERFSM_URL": "of the client",
        },
        options={"log.level": "debug"},
    )
    assert configuration.limits.total == 1
    assert configuration.limits.per_group == 2
    assert configuration.log.level == "debug"
    assert configuration.timings == {"settle": 3, "soft-settle": 4, "fence": 2}


def test_paths_in_the_file_start_from_its_directory_and_others_do_not(tmp_path: Path) -> None:
    configuration = read("database: a.db\ncredentials: sub/c.yaml\ntokens: /etc/tokens\n", tmp_path)
    assert configuration.database == str(tmp_path / "a.db")
    assert configuration.credentials == tmp_path / "sub" / "c.yaml"
    assert configuration.tokens == Path("/etc/tokens")
    assert read("database: a.db\n", tmp_path, POWERFSM_DATABASE="b.db").database == "b.db"


def test_the_url_of_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    assert read("database: sqlite:////srv/a.db\n", tmp_path).database == "sqlite:////srv/a.db"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("\nfoo: 1\n", 2, "foo is not known here, expected one of listen, "),
        ("limits:\n  total: many\n", 2, 'limits.total is "many", expected a whole number'),
        ("limits:\n  total: 0\n", 2, "limits.total is 0, expected 1 or more"),
        ("limits:\n  per_group: 1\n", 2, "expected one of total, per-group"),
        ("limits: 3\n", 1, "limits is 3, expected a mapping"),
        ("drift: maybe\n", 1, "expected 'enforce', 'adopt' or 'flag'"),
        ("log:\n  level: loud\n", 2, "expected 'debug', 'info', 'warning' or 'error'"),
        ("timings:\n  fence: -1\n", 2, "timings.fence is -1, expected 0"),
        ("timings:\n  fence: .inf\n", 2, "expected a number of seconds"),
        ("timings:\n  fence: soon\n", 2, "expected a number of seconds"),
        ("listen: 8623\n", 1, "expected a text"),
        ("listen: localhost\n", 1, "such as 127.0.0.1:8623"),
        ("listen: 127.0.0.1:99999\n", 1, "such as 127.0.0.1:8623"),
        ("database:\n", 1, "database is empty"),
        ("[1, 2]\n", 1, "not a mapping"),
        ("drift: flag\ndrift: adopt\n", 2, "stands here twice"),
        ("drift: flag\nlog: ]\n", 2, "not YAML"),
    ],
)
def test_a_mistake_is_told_with_file_and_line_and_what_was_expected(
    text: str, line: int, told: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text, tmp_path)
    assert f"powerfsm.yaml:{line}: " in str(caught.value)
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("foo: 1\nlimits: {total: many}\n", tmp_path)
    assert len(str(caught.value).splitlines()) == 2


def test_a_mistake_in_the_environment_or_an_option_names_it() -> None:
    with pytest.raises(ConfigurationError, match=r"^POWERFSM_LIMITS_TOTAL: .*whole number"):
        read_configuration(environment={"POWERFSM_LIMITS_TOTAL": "x"})
    with pytest.raises(ConfigurationError, match=r"^--log\.level: .*expected 'debug'"):
        read_configuration(environment={}, options={"log.level": "x"})


def test_a_secret_that_strayed_into_the_file_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("credentials:\n  default: {username: root, password: hunter2}\n", tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_timing_that_the_spec_does_not_declare_is_told_with_its_line(tmp_path: Path) -> None:
    configuration = read("timings:\n  settle: 1\n  sottle: 1\n", tmp_path)
    with pytest.raises(ConfigurationError, match=r"powerfsm\.yaml:3: there is no timing 'sottle'"):
        configuration.check_timings({"settle", "fence"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: cannot be read"):
        read_configuration(tmp_path / "nowhere.yaml", environment={})


@pytest.mark.parametrize("listen", ["0.0.0.0:8623", "[::]:8623", "192.0.2.1:8623", "daemon.example:8623"])
def test_without_tokens_only_loopback_is_listened_on(listen: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"powerfsm\.yaml:1: without tokens"):
        read(f'listen: "{listen}"\n', tmp_path)
    assert read(f'listen: "{listen}"\ntokens: tokens\n', tmp_path).listen == listen


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.8.8.8:1", "[::1]:8623", "localhost:8623"])
def test_loopback_is_listened_on_without_tokens(listen: str, tmp_path: Path) -> None:
    configuration = read(f'listen: "{listen}"\n', tmp_path)
    assert is_loopback(configuration.host)
    assert "[" not in configuration.host
