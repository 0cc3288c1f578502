"""Puts a run on one page: everything inline, nothing fetched from anywhere."""

from pathlib import Path

from qpilot.report import findings, formats, tables, wording
from qpilot.report.limits import limits, simulability
from qpilot.report.origins import origins
from qpilot.report.record import RunRecord
from qpilot.report.remedies import remedies
from qpilot.report.scorecard import seen
from qpilot.report.sections import Section, sections
from qpilot.report.tiles import tiles
from qpilot.report.trainable import trainable

FOLDER = Path(__file__).parent
FILTERS = (
    "count",
    "dollars",
    "interval",
    "number",
    "observed",
    "percent",
    "points",
    "seconds",
    "shift",
    "short",
    "usd",
)


def _together(shown: object) -> object:
    """What the page shows, with no line's end between a number and its per cent sign."""
    return shown.replace(" %", f"{formats.SPACE}%") if type(shown) is str else shown


def render(run: RunRecord, drawn: list[Section] | None = None) -> str:
    """report.html of `run`: one HTML document with its styles and drawings inside, and no external reference.

    drawn: the run's sections, where they were drawn already.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_together,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: getattr(formats, name) for name in FILTERS})
    environment.filters["seen"] = seen
    template = environment.get_template("page.html.j2")
    return template.render(
        run=run,
        style=(FOLDER / "page.css").read_text(encoding="utf-8"),
        decision=wording.decision(run),
        tiles=tiles(run),
        shown=findings.shown(run),
        limits=limits(run),
        remedies=remedies(run),
        sections=sections(run) if drawn is None else drawn,
        origins=origins(run),
        side_by_side=tables.side_by_side(run),
        everyone=tables.everyone(run),
        trainable=trainable(run.trainability) if run.trainability is not None else None,
        claim=wording.claim_sentence(run.pilot.claim, run.pilot.data.target),
        consents=wording.CONSENTS,
        simulability=simulability(run),
        outcomes=wording.OUTCOMES,
        stages=wording.STAGE_NAMES,
    )
