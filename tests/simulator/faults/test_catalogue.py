"""The list of all faults, and the page made of it."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import yaml

import bmcsim
from bmcsim import CATALOGUE, Fleet, Rule, Span, faults
from bmcsim.faults import STEPS, Fault, Point, Step, make
from bmcsim.faults.fault import parameters
from bmcsim.faults.page import page
from bmcsim.machine import Order
from documents import Document

PAGE = Document("docs/faults.md")

KINDS = pytest.mark.parametrize("kind", CATALOGUE.values(), ids=list(CATALOGUE))


def test_the_page_tells_what_the_catalogue_has() -> None:
    assert PAGE.path.read_text(encoding="utf-8") == page(), "run: python -m bmcsim.faults.page > docs/faults.md"


@KINDS
def test_every_kind_says_what_it_is(kind: type[Fault]) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    for text in (kind.symptom, kind.seen, (kind.__doc__ or "").partition("\n")[0]):
        assert re.fullmatch(r"\S.*\.", text)
    assert kind.steps <= STEPS[kind.point]
    for _, parameter in parameters(kind).values():
        assert parameter.about
        assert not parameter.about.endswith(".")


@KINDS
def test_every_kind_can_be_imported_by_name(kind: type[Fault]) -> None:
    assert getattr(faults, kind.__name__) is kind
    assert kind.__name__ in faults.__all__


@KINDS
def test_every_kind_is_shown_by_a_test(kind: type[Fault]) -> None:
    here = Path(__file__).parent
    tests = [*here.glob("test_*_faults.py"), *(here.parent / "redfish").glob("test_*.py")]
    assert any(f"{kind.__name__}(" in path.read_text(encoding="utf-8") for path in tests)


def test_no_kind_is_outside_of_the_catalogue() -> None:
    modules = [import_module(f"{faults.__name__}.{each.name}") for each in iter_modules(faults.__path__)]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    named = {each.name for each in found if issubclass(each, Fault) and "name" in vars(each)}
    assert named - {vars(Fault).get("name")} == set(CATALOGUE)


def test_every_example_in_yaml_on_the_page_is_a_rule() -> None:
    shown = [rule for block in PAGE.fenced("yaml")[1:] for rule in yaml.safe_load(block)]
    assert sorted(rule["fault"] for rule in shown) == sorted(CATALOGUE)
    for rule in shown:
        name, nodes = rule.pop("fault"), rule.pop("nodes")
        assert Rule(make(name, rule), nodes=nodes).fault.name == name


def test_every_example_in_python_on_the_page_works() -> None:
    fleet = Fleet.of("n[1-10]", clock=lambda: 0.0)
    names = {**vars(faults), "Span": Span, "Order": Order, "fleet": fleet, "Rule": Rule}
    examples = [block.strip() for block in PAGE.fenced("python")]
    exec(examples[0], {})
    for example in examples[1:]:
        with eval(example, names) as rule:
            assert list(fleet.faults) == [rule]


def test_the_point_of_a_step_is_told_for_every_step() -> None:
    assert set().union(*STEPS.values()) == set(Step)
    assert set(STEPS) == set(Point)


def test_the_public_names_are_there() -> None:
    assert {"CATALOGUE", "Fault", "Faults", "Rule"} <= set(bmcsim.__all__)
