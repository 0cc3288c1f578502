"""Matplotlib drawings turned into SVG that lives inside a page: real text, the page's own colours, nothing foreign."""

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple


class Plot(NamedTuple):
    """A drawing on the page. `alt` says in words what is seen; `svg` is markup made here, with every text escaped."""

    title: str
    caption: str
    alt: str
    svg: str


# Stand-ins that matplotlib draws with; in the page each becomes a CSS variable, so a drawing follows light and dark.
INKS = {
    "#010101": "--ink",
    "#020202": "--muted",
    "#030303": "--line",
    "#040404": "--panel",
    "#050505": "--quantum",
    "#060606": "--classical",
    "#070707": "--go",
    "#080808": "--stop",
    "#090909": "--open",
    "#0a0a0a": "--device",
}
INK, MUTED, LINE, PANEL, QUANTUM, CLASSICAL, GO, STOP, OPEN, DEVICE = INKS
PAPER_INKS = {
    "--ink": "#171a21",
    "--muted": "#59606d",
    "--line": "#d9dce2",
    "--panel": "#ffffff",
    "--quantum": "#4f46c8",
    "--classical": "#b45f06",
    "--go": "#14704a",
    "--stop": "#b3261e",
    "--open": "#8a5300",
    "--device": "#0b7285",
}
"""The page's light colours, for a drawing that leaves the page."""
WIDTH = 5.2  # inches; 374 units across, so that 11-unit text stays above 10 px on a phone

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "qpilot",
    "font.size": 11,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "lines.linewidth": 1.8,
}


def draw(
    name: str, title: str, caption: str, alt: str, paint: Callable[[Any], None], height: float, rows: int = 1
) -> Plot:
    """`paint` on fresh axes (an array of `rows` axes above each other if more than one), as a plot of the page.

    `name` prefixes every id, so that drawings share a page; `height` in inches.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    sheet = io.StringIO()
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), dpi=72, layout="constrained")  # an SVG's own dots per inch
        canvas: Any = FigureCanvasSVG(figure)
        paint(figure.subplots(rows, 1, sharex=True))
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        canvas.print_svg(sheet, metadata=nothing)  # savefig would draw it twice, the first time for nothing
    return Plot(title, caption, alt, inline(name, sheet.getvalue(), alt))


def inline(name: str, text: str, alt: str) -> str:
    """A stand-alone SVG document as an element of a page: no prolog, no foreign reference, own ids, page colours."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href", "href")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    text = re.sub(r"font: (?:(\d+) )?([\d.]+px) [^;\"]+", _font, text)
    text = re.sub(r"font-family: [^;\"]*monospace", "font-family: monospace", text)
    text = re.sub(r"font-family: (?!monospace)[^;\"]+; ?", "", text)
    for ink, variable in INKS.items():
        text = text.replace(ink, f"var({variable})")
    label = escape(alt, quote=True)
    text = re.sub(
        r'<svg [^>]*?(viewBox="[^"]+")[^>]*>', lambda m: f'<svg {m[1]} role="img" aria-label="{label}">', text, count=1
    )
    return re.sub(r"\n\s*\n+", "\n", text).strip()


def _font(found: re.Match[str]) -> str:
    weight = f"font-weight: {found[1]}; " if found[1] else ""
    return f"{weight}font-size: {found[2]}"


def standalone(plot: Plot) -> str:
    """The drawing as an SVG file of its own, on white."""
    inks = "".join(f"{name}:{colour};" for name, colour in PAPER_INKS.items())
    return plot.svg.replace(
        "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" style="background:#fff;font-family:sans-serif;{inks}" ', 1
    )
