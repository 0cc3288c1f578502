"""Failures a user can do something about; the command line shows each as one line."""


class QpilotError(Exception):
    """A failure with a sentence for the user: what was given, what was required, what to do. Ends a command with 1."""

    exit_code = 1


class UsageError(QpilotError):
    """Bad arguments or an invalid pilot file. Ends a command with 2."""

    exit_code = 2


class RowsError(QpilotError, ValueError):
    """Rows or labels that a model cannot use; also the ValueError that scikit-learn's own tools expect. Ends with 1."""


class Suspended(QpilotError):  # noqa: N818 - a pause, not a fault
    """The run cannot go on now and loses nothing: the same command later continues it. Ends a command with 1."""


class Unapproved(QpilotError):  # noqa: N818 - a pause, not a fault
    """No approval that stands covers what was to be paid; nothing was reserved for it. The run asks again."""


class Busy(QpilotError):  # noqa: N818 - a pause, not a fault
    """Somebody else is at work on the same pilot; the sentence names them."""


def unknown(kind: str, given: str, known: object) -> str:
    """The sentence for an unknown name, listing the known ones."""
    return f"unknown {kind} {given!r}; known: {', '.join(sorted(map(str, known)))}"  # type: ignore[call-overload]
