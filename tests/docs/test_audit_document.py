"""`docs/audit.md` has every check, in the words of the code."""

from documents import Document
from powerfsm.audit import Check


def test_every_check_is_in_the_document_with_its_sentence() -> None:
    text = Document("docs/audit.md").path.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{check.value}` | {check.about} |" for check in Check]
