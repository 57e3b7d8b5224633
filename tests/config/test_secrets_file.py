"""Credentials: where they may come from, who may read them, and that no message ever shows one."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from powerfsm.credentials import CredentialStore, Login, UnknownCredentials
from powerfsm.secrets_file import CredentialsError, SecretsFile

ROOT = Path(__file__).parents[2]


def private(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


def read(tmp_path: Path, text: str | bytes, **environment: str) -> SecretsFile:
    return SecretsFile(private(tmp_path / "credentials.yaml", text), environment)


def test_a_password_stands_in_the_file(tmp_path: Path) -> None:
    store: CredentialStore = read(tmp_path, "rack1: {username: root, password: calvin, kg: key}\n")
    assert store.lookup("rack1") == Login("root", b"calvin", b"key")


def test_passwords_and_keys_stand_in_files_of_their_own(tmp_path: Path) -> None:
    private(tmp_path / "pw", b"s\xc3\xa9cret \nsecond line\n")
    private(tmp_path / "kg", b"\x80key\n")
    store = read(tmp_path, "a: {username: root, password-file: pw, kg-file: kg}\n")
    assert store.lookup("a") == Login("root", "sécret ".encode(), b"\x80key")


def test_a_password_stands_in_the_environment(tmp_path: Path) -> None:
    store = read(tmp_path, "a: {username: root, password-env: PW}\n", PW="from-env")
    assert store.lookup("a").password == b"from-env"


def test_a_key_is_written_in_hexadecimal_digits(tmp_path: Path) -> None:
    store = read(tmp_path, "a: {username: root, password: x, kg-hex: 0x00ff}\n")
    assert store.lookup("a").kg == b"\x00\xff"


@pytest.mark.parametrize("value", ["0123", "1e3", "yes", "null", "2026-13-45", "0x10", "~"])
def test_a_value_is_the_text_as_it_stands(value: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"a: {{username: u, password: {value}}}\n").lookup("a").password == value.encode()


def test_the_environment_alone_gives_the_default() -> None:
    environment = {"POWERFSM_BMC_USERNAME": "root", "POWERFSM_BMC_PASSWORD": "calvin", "POWERFSM_BMC_KG": "k"}
    assert SecretsFile(None, environment).lookup("default") == Login("root", b"calvin", b"k")


def test_a_default_in_the_file_goes_before_the_environment(tmp_path: Path) -> None:
    store = read(tmp_path, "default: {username: a, password: file}\n", POWERFSM_BMC_PASSWORD="env")
    assert store.lookup("default").password == b"file"


def test_a_name_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = read(tmp_path, "a: {username: root, password: x}\n")
    assert store.names() == {"a"}
    with pytest.raises(UnknownCredentials, match="'b'"):
        store.lookup("b")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_use_is_refused(mode: int, tmp_path: Path) -> None:
    file = private(tmp_path / "credentials.yaml", "a: {username: root, password: x}\n")
    file.chmod(mode)
    with pytest.raises(CredentialsError, match=r"credentials\.yaml: .*chmod 600"):
        SecretsFile(file, {})


def test_a_password_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    private(tmp_path / "pw", "x\n").chmod(0o644)
    with pytest.raises(CredentialsError, match=r"/pw: .*chmod 600"):
        read(tmp_path, "a: {username: root, password-file: pw}\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=r"nowhere\.yaml: cannot be read"):
        SecretsFile(tmp_path / "nowhere.yaml", {})


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: {username: u, password: hunter2-hunter2-hunter2}\n", 1, "has 23 bytes, .* at most 20"),
        (
            "a:\n  username: u\n  password: hunter2\n  kg: hunter2-hunter2-hunter2\n",
            4,
            "the key Kg has at most 20",
        ),
        ("a: {username: u, password: hunter2, kg-hex: hunter2}\n", 1, "hexadecimal digits"),
        ("a: {username: a-user-name-of-17, password: hunter2}\n", 1, "at most 16"),
        ("a: {password: hunter2}\n", 1, "no username"),
        ("a: {username: u}\n", 1, "expected one of password, password-file and password-env"),
        ("a: {username: u, password: hunter2, password-env: X}\n", 1, "only one of them"),
        ("a: {username: u, password-env: hunter2}\n", 1, "not in the daemon's environment"),
        ("a: {username: u, passwd: hunter2}\n", 1, "passwd is not known here"),
        ("a: {username: u, password: hunter2, password: hunter2}\n", 1, "stands here twice"),
        ("\na: {username: u, password: x}\na: {username: u, password: hunter2}\n", 3, "stands here twice"),
        ("a:\n  username: u\n  password: *hunter2\n", 3, "not YAML"),
        ("a:\n  username: u\n  password: !hunter2 x\n", 3, "expected it in quotes"),
        ("a:\n  username: u\n  password: 'hunter2\n", 4, "not YAML"),
        ("a:\n  username: u\n  password: @hunter2\n", 3, "not YAML"),
        ("a:\n  username: u\n  password:\n", 3, "is empty"),
        ("a:\n  username: u\n  password: [hunter2]\n", 3, "no plain text"),
        ("a: hunter2\n", 1, "a is no mapping"),
        ("hunter2\n", 1, "the file is no mapping"),
        ('a: {username: u, password: "\\ud800"}\n', 1, "not YAML|no text in UTF-8"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_the_secret(
    text: str, line: int, told: str, tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError, match=told) as caught:
        read(tmp_path, text)
    assert f"credentials.yaml:{line}: " in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="not YAML in UTF-8"):
        read(tmp_path, b"a: \xff\xfe\x00")


def test_a_rotated_password_is_in_force_at_the_next_login(tmp_path: Path) -> None:
    store = read(tmp_path, "a: {username: root, password: old}\n")
    private(tmp_path / "credentials.yaml", "a: {username: root, password: newer}\n")
    assert store.lookup("a").password == b"newer"


def test_a_rotated_password_file_is_in_force_at_the_next_login(tmp_path: Path) -> None:
    file = private(tmp_path / "pw", "old\n")
    store = read(tmp_path, "a: {username: root, password-file: pw}\n")
    private(tmp_path / "pw.new", "new\n").replace(file)
    assert store.lookup("a").password == b"new"


def test_a_file_that_breaks_later_is_logged_and_the_last_logins_stay(tmp_path: Path) -> None:
    store = read(tmp_path, "a: {username: root, password: hunter2}\n")
    private(tmp_path / "credentials.yaml", "a: {username: root, passwd: hunter3}\n")
    with capture_logs() as logs:
        assert store.lookup("a").password == b"hunter2"
        assert store.lookup("a").password == b"hunter2"
    assert [entry["event"] for entry in logs] == ["credentials.unreadable"]
    assert "hunter" not in str(logs)
    private(tmp_path / "credentials.yaml", "a: {username: root, password: mended}\n")
    assert store.lookup("a").password == b"mended"


def test_no_representation_shows_a_secret(tmp_path: Path) -> None:
    store = read(tmp_path, "a: {username: root, password: hunter2, kg: hunter3}\n")
    assert "hunter" not in repr(store) + repr(store.lookup("a")) + str(store.lookup("a"))


def test_the_example_can_be_read(tmp_path: Path) -> None:
    private(tmp_path / "bmc-password", "from-file\n")
    text = (ROOT / "examples" / "credentials.yaml").read_text()
    store = read(tmp_path, text, RACK1_BMC_PASSWORD="from-env")
    assert store.names() == {"default", "rack1", "rack2"}
    assert store.lookup("default").password == b"from-file"
    kg = store.lookup("rack2").kg
    assert kg is not None
    assert len(kg) == 20


def test_the_process_environment_is_read_where_no_other_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERFSM_BMC_PASSWORD", "x")
    assert "POWERFSM_BMC_PASSWORD" in os.environ
    assert SecretsFile(None).lookup("default").password == b"x"
