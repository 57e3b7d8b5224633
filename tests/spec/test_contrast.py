"""Every colour of the pictures can be told from what it stands on, for those whose eyes are not the best."""

import re

import pytest

from powerfsm.spec.diagram import MACHINES, render
from powerfsm.spec.diagram.looks import BOXES, DARK, IN_BOXES, LIGHT, ON_PAPER, style_sheet
from powerfsm.spec.diagram.picture import EDGE_KINDS

SCHEMES = {"light": LIGHT, "dark": DARK}
TEXT = 4.5
LINE = 3.0


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_the_guidelines_measure_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_has_enough_contrast_to_what_it_stands_on(scheme: str) -> None:
    colours = SCHEMES[scheme]
    pairs = [(text, "paper") for text in ON_PAPER]
    pairs += [(text, box) for text in IN_BOXES for box in BOXES]
    pairs += [("paper", "ink")]  # where a path ends
    ratios = {f"{text} on {ground}": contrast(colours[text], colours[ground]) for text, ground in pairs}
    for pair, ratio in ratios.items():
        print(f"{scheme}: {pair}: {ratio:.1f}")
    assert min(ratios.values()) >= TEXT, ratios


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_line_has_enough_contrast_to_the_paper_and_rims_to_their_boxes(scheme: str) -> None:
    colours = SCHEMES[scheme]
    grounds = [("paper", each) for each in (*EDGE_KINDS, "rim", "faint", "ink")]
    grounds += [(box, "rim") for box in BOXES]
    ratios = {f"{line} on {ground}": contrast(colours[line], colours[ground]) for ground, line in grounds}
    assert min(ratios.values()) >= LINE, ratios


@pytest.mark.parametrize("name", MACHINES)
def test_no_picture_has_a_colour_of_its_own(name: str) -> None:
    text = render(name, "svg")
    rules = "\n".join(style_sheet())
    assert rules in text
    assert not re.search("#[0-9a-f]{6}", text.replace(rules, ""))
    assert set(re.findall("#[0-9a-f]{6}", rules)) == {*LIGHT.values(), *DARK.values()}


def test_dark_is_chosen_by_the_reader_and_light_is_what_is_there_without() -> None:
    light, _, dark = "\n".join(style_sheet()).partition("@media (prefers-color-scheme: dark)")
    assert LIGHT["paper"] in light
    assert not ({*DARK.values()} - {*LIGHT.values()}) & set(re.findall("#[0-9a-f]{6}", light))
    assert DARK["paper"] in dark
