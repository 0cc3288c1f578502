"""How several models' lines on one plot are told apart: colour and dash. Six are as many as the page's width bears."""

from qpilot.report.drawing import CLASSICAL, DEVICE, GO, INK, QUANTUM, STOP

STROKES: tuple[tuple[str, object], ...] = (
    (QUANTUM, "-"),
    (DEVICE, "--"),
    (GO, "-."),
    (INK, ":"),
    (STOP, (0, (6, 2))),
    (CLASSICAL, (0, (1, 1))),
)
