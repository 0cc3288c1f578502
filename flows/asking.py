"""Asking a person at the terminal that started the run, where the run has come to what costs money."""

import getpass
from decimal import Decimal, InvalidOperation

from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt

from qpilot.approval import Answer, Standing, approve, reject, standing
from qpilot.approval.page import wish
from qpilot.approval.rejection import conclude
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from tasks.desk import now

LATER = "nothing was answered; run the same command again, or `qpilot approve`"


def decided(home: Home, run: str, console: Console) -> bool:
    """Whether the run's request was approved or rejected; a refused answer is asked again, and "later" leaves it open."""
    while True:
        found = standing(home.journal, run)
        if found is None or found.state != "asked":
            return found is not None
        _show(console, found)
        word = Prompt.ask("Approve", console=console, choices=["yes", "no", "later"], default="later")
        if word == "later":
            console.print(LATER)
            return False
        try:
            _answer(home, run, word == "yes", found, console)
        except (QpilotError, InvalidOperation) as refusal:
            said = str(refusal) if isinstance(refusal, QpilotError) else "that is no number of dollars"
            console.print(f"[red]{escape(said)}[/]", highlight=False)


def _answer(home: Home, run: str, yes: bool, found: Standing, console: Console) -> None:
    name = Prompt.ask("Your name", console=console, default=getpass.getuser())
    digest = found.request.digest
    if yes:
        most = Prompt.ask("Maximum spend in US dollars", console=console).lstrip("$")
        signature = Prompt.ask("Signature (`qpilot sign`)", console=console) if _signed(found) else ""
        approve(home, run, Answer(name, Decimal(most), _note(console), signature, digest), now())
        return
    conclude(home, reject(home, run, Answer(name, note=_note(console), digest=digest), now()), now)


def _note(console: Console) -> str:
    return Prompt.ask("Note", console=console, default="", show_default=False)


def _signed(found: Standing) -> bool:
    return found.request.policy.identity == "signed"


def _show(console: Console, found: Standing) -> None:
    request = found.request
    console.print(
        f"\n[bold]{escape(request.run)}[/] asks to {escape(wish(request.payload))}. Request {request.short}, open until"
        f" {request.expires:%d %B %Y, %H:%M} UTC.",
        highlight=False,
        soft_wrap=True,
    )
    if request.because:
        console.print(f"It asks again: {escape(request.because)}.", highlight=False, soft_wrap=True)
