"""What a document refers to is there."""

import re

import pytest

from documents import CONTRIBUTING, EVERY_DOCUMENT, README, ROOT, Document

PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?", re.ASCII)


@pytest.mark.parametrize("document", EVERY_DOCUMENT, ids=str)
def test_links_lead_to_files_and_headings_that_are_there(document: Document) -> None:
    for link in document.links:
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (document.path.parent / file).resolve() if file else document.path
        assert target.is_file(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in Document(str(target.relative_to(ROOT))).anchors, link


def test_the_readme_shows_a_picture_and_leads_to_every_document() -> None:
    assert any(link.endswith(".svg") for link in README.links)
    here = set(README.links)
    there = {str(document) for document in EVERY_DOCUMENT} - {"README.md"}
    assert there <= here, "a document that nobody finds"


@pytest.mark.parametrize("document", [README, CONTRIBUTING, Document("docs/architecture.md")], ids=str)
def test_paths_that_are_named_are_there(document: Document) -> None:
    named = [code for code in document.code if "/" in code and PATH.fullmatch(code)]
    # A path of the HTTP API begins with a slash, and so is none of these.
    assert named
    for path in named:
        assert (ROOT / path).exists(), path


def test_nothing_names_the_machine_that_it_was_written_on() -> None:
    machine = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|opt|usr/local)/")
    for document in EVERY_DOCUMENT:
        assert not machine.search(document.path.read_text(encoding="utf-8")), document
