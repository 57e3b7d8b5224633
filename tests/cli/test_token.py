"""`powerfsm token create`: the token is shown once, and its line goes where it is wanted."""

from pathlib import Path

import pytest

from command_line import Run
from powerfsm.api.access import Role, read_tokens


def test_the_token_alone_goes_to_standard_output_and_the_line_beside_it(run: Run, tmp_path: Path) -> None:
    ran = run("token", "create", "ci", "--role", "operate")
    assert ran.code == 0
    token = ran.out.strip()
    line = ran.err.splitlines()[-1]
    assert token not in ran.err
    file = tmp_path / "tokens"
    file.write_text(f"{line}\n", "utf-8")
    caller = read_tokens(file).identify(token)
    assert caller is not None
    assert (caller.name, caller.role) == ("ci", Role.OPERATE)


def test_lines_are_appended_to_a_file_that_only_its_owner_can_read(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    made = {
        name: run("token", "create", name, "--role", "read", "--append", str(file)).out.strip()
        for name in ("ci", "grafana")
    }
    assert file.stat().st_mode & 0o777 == 0o600
    tokens = read_tokens(file)
    for name, token in made.items():
        caller = tokens.identify(token)
        assert caller is not None
        assert caller.name == name


def test_a_file_without_a_last_newline_gets_a_line_of_its_own(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("# who may do what", "utf-8")
    assert run("token", "create", "ci", "--role", "read", "--append", str(file)).code == 0
    assert file.read_text("utf-8").splitlines()[0] == "# who may do what"
    assert len(file.read_text("utf-8").splitlines()) == 2


def test_a_name_that_is_in_the_file_already_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    run("token", "create", "ci", "--role", "read", "--append", str(file))
    before = file.read_text("utf-8")
    ran = run("token", "create", "ci", "--role", "admin", "--append", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "ci" in ran.err
    assert file.read_text("utf-8") == before


def test_a_file_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    ran = run("token", "create", "ci", "--role", "read", "--append", str(tmp_path / "none" / "tokens"))
    assert (ran.code, ran.out) == (1, "")
    assert "cannot be written" in ran.err


@pytest.mark.parametrize(
    "words", [("ci",), ("ci", "--role", "king"), ("two words", "--role", "read"), ("local", "--role", "read")]
)
def test_a_token_that_makes_no_sense_is_not_made(run: Run, words: tuple[str, ...]) -> None:
    ran = run("token", "create", *words)
    assert (ran.code, ran.out) == (2, "")
