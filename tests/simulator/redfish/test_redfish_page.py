"""The page about the Redfish door tells what there is."""

import re
from pathlib import Path

from bmcsim.redfish.resets import ORDERS
from bmcsim.redfish.routes import ROUTES

PAGE = (Path(__file__).parents[3] / "docs" / "redfish.md").read_text(encoding="utf-8")


def test_the_page_lists_every_path_with_its_methods_and_what_they_need() -> None:
    expected = []
    for route in ROUTES:
        needs = []
        if route.read or route.raw:
            needs.append("nothing" if route.open else route.right.value)
        for method, (right, _) in route.writes.items():
            needs.append(f"{method}: {'nothing' if right is None else right.value}")
        if not (route.read or route.raw) and route.writes["POST"][0] is not None:
            needs = [need.partition(": ")[2] for need in needs]
        expected.append((route.path, route.allow.removesuffix(", OPTIONS"), "; ".join(needs)))
    assert re.findall(r"^\| `(/redfish\S*)` \| ([A-Z, ]+) \| (.+) \|$", PAGE, re.MULTILINE) == expected


def test_the_page_lists_every_reset_with_its_order() -> None:
    told = {
        reset: order
        for resets, order in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| `([a-z-]+)` \|", PAGE, re.MULTILINE)
        for reset in re.findall(r"\w+", resets)
    }
    assert told == {reset.value: order.value for reset, order in ORDERS.items()}
