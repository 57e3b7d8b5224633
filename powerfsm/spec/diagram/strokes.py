"""The few pieces of SVG that picture and legend have in common."""


def n(number: float) -> str:
    """A number with at most one decimal: files stay small and equal everywhere."""
    return f"{number:.1f}".removesuffix(".0")


def rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    """A box's outline."""
    return f'<rect class="rim" x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" rx="{n(radius)}"/>'
