"""The report as a browser lays it out: nothing sticks out at desktop or phone width, nothing is fetched, nothing fails."""

import re
import subprocess
from pathlib import Path

from qpilot.report.page import render
from tests.chromium import CHROMIUM, needed
from tests.report.quantity import quantity_run

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROBE = """
<script>
addEventListener("load", () => {
  const wide = [...document.querySelectorAll("main *")].filter(
    (one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest("svg")
  );
  const fetched = performance.getEntriesByType("resource").length;
  document.title = `PROBE ${innerWidth} ${document.documentElement.scrollWidth} ${fetched} ${wide.length};`;
});
</script>
"""


WIDTHS = (1280, 1100, 640, 390)


@needed
def test_nothing_sticks_out_and_nothing_is_fetched(pages: dict[str, str], name: str, tmp_path: Path) -> None:
    lay_out(pages[name], tmp_path)


@needed
def test_the_wide_tables_of_a_quantity_fit_too(tmp_path: Path) -> None:
    lay_out(render(quantity_run("squared_error")).replace("<details>", "<details open>"), tmp_path)


def lay_out(html: str, tmp_path: Path) -> None:
    """Fails where anything of the page sticks out at one of the widths, or was fetched."""
    page = tmp_path / "report.html"
    frames = tmp_path / "frames.html"
    page.write_text(html.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    # A headless window is never narrower than 500 pixels; a frame of the page's own is as narrow as it is asked to be.
    frames.write_text(
        "".join(
            f'<iframe src="report.html" style="width:{width}px;height:900px;border:0" onload="setTimeout(() => '
            'document.title += this.contentDocument.title, 300)"></iframe>'
            for width in WIDTHS
        ),
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--allow-file-access-from-files",
            "--virtual-time-budget=5000",
            "--dump-dom",
            f"file://{frames}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = {int(inner): rest for inner, *rest in re.findall(r"PROBE (\d+) (\d+) (\d+) (\d+);", done.stdout)}
    assert sorted(found) == sorted(WIDTHS), done.stdout[:500] + done.stderr[-500:]
    for inner, (scrolls, fetched, wide) in found.items():
        assert int(scrolls) <= inner, f"the page scrolls sideways at {inner}"
        assert (int(fetched), int(wide)) == (0, 0)
