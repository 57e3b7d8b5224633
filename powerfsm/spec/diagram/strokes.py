"""The few pieces of SVG that picture and legend have in common."""


def n(number: float) -> str:
    """A number with at most one decimal: files stay small and equal everywhere."""
    return f"{number:.1f}".removesuffix(".0")


def rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    """A box's outline."""
    return f'<rect class="rim" x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" rx="{n(radius)}"/>'


HEAVY_HEAD = 10.0
"""Pixels from the end of a heavy line to where its head points."""


def marker(name: str, looks: str, head: str, *, heavy: bool = False) -> str:
    """An arrow head, drawn in a box of 12 by 10 whose tip is at (11, 5)."""
    width, height, at = (15, 12.5, 4) if heavy else (12, 10, 12.5)
    return (
        f'<marker id="{name}" class="{looks}" viewBox="0 0 12 10" refX="{at}" refY="5" markerWidth="{width}" '
        f'markerHeight="{height}" markerUnits="userSpaceOnUse" orient="auto">{head}</marker>'
    )
