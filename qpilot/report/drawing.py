"""Matplotlib drawings turned into SVG that lives inside a page: real text, the page's own colours, no foreign reference."""

import io
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Plot(NamedTuple):
    """A drawing on the page. `alt` says in words what is seen; `svg` is markup made here, never input."""

    title: str
    caption: str
    alt: str
    svg: str


# Stand-ins that matplotlib draws with; in the page each becomes a CSS variable, so a drawing follows light, dark and print.
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

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "qpilot",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "lines.linewidth": 1.8,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
}
WIDTH = 5.2  # inches; 374 units across, so that 11-unit text stays above 10 px on a phone


def figure(height: float = 3.0, rows: int = 1) -> tuple["Figure", Any]:
    """A figure as wide as a column of the page with `rows` axes above each other; drawn without any display."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(drawn)
        return drawn, drawn.subplots(rows, 1, sharex=True)


def svg(name: str, drawn: "Figure", alt: str) -> str:
    """`drawn` as an <svg> element whose ids all start with `name`, unique in the page."""
    import matplotlib as mpl

    sheet = io.StringIO()
    with mpl.rc_context(STYLE):
        drawn.savefig(
            sheet,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    text = sheet.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    text = re.sub(r"(font: [^;\"']*?px) [^;\"]+", r"\1 inherit", text)
    text = re.sub(r"font-family: [^;\"]+", "font-family: inherit", text)
    for ink, variable in INKS.items():
        text = text.replace(ink, f"var({variable})")
    text = re.sub(
        r'<svg [^>]*?(viewBox="[^"]+")[^>]*>', rf'<svg \1 role="img" aria-label="{_attribute(alt)}">', text, count=1
    )
    return re.sub(r"\n\s*\n+", "\n", text).strip()


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
