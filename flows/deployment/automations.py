"""Automations of the server, as the files in deployments/automations say: made, or brought up to date, by name.

A file may hold ${names}: it is made where all of them are known, so that what nobody asked for is not there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import ActionTypes, RunDeployment
from prefect.events.schemas.automations import Automation, AutomationCore
from pydantic import ValidationError

from flows.deployment.changes import Change, Done
from qpilot.errors import QpilotError

PLACE = Path(__file__).parent.parent.parent / "deployments" / "automations"
PAGE = 200
_READ_ONLY = {"id", "owner_resource"}
_NAME = re.compile(r"\$\{(\w+)\}")


def wanted(known: Sequence[Mapping[str, str]], place: Path = PLACE) -> Iterator[AutomationCore]:
    """Each file's automation, once for every one of the `known` settings that gives all its names.

    Raises QpilotError naming the file that is no automation.
    """
    for path in sorted(place.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        names, made = set(_NAME.findall(text)), set()
        for names_known in known:
            values = tuple(names_known.get(name, "") for name in sorted(names))
            if names <= set(names_known) and values not in made:
                made.add(values)
                yield _read(path, text, names_known)


def _read(path: Path, text: str, known: Mapping[str, str]) -> AutomationCore:
    try:
        return AutomationCore.model_validate(_filled(yaml.safe_load(text), known))
    except (yaml.YAMLError, ValidationError) as error:
        raise QpilotError(f"{path} is no automation: {error}") from error


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    """The names are filled in after parsing: a value cannot add a key."""
    if isinstance(value, dict):
        return {name: _filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    return Template(value).safe_substitute(known) if isinstance(value, str) else value


def fitted(one: AutomationCore, takes: Mapping[UUID, frozenset[str]]) -> AutomationCore:
    """Its deployments are given only the parameters they take, where `takes` says which: one too many fails a flow run."""

    def fit(action: ActionTypes) -> ActionTypes:
        if not isinstance(action, RunDeployment) or action.deployment_id is None:
            return action
        taken = takes.get(action.deployment_id, action.parameters or {})
        given = {name: value for name, value in (action.parameters or {}).items() if name in taken}
        return action.model_copy(update={"parameters": given})

    return one.model_copy(update={"actions": [fit(action) for action in one.actions]})


def arrange(
    client: SyncPrefectClient, automations: Sequence[AutomationCore], pilot: str, dry_run: bool
) -> Iterator[Change]:
    """The server has these automations; the pilot's own that are not among them are gone.

    One that somebody switched off stays off.
    """
    there = {one.name: one for one in standing(client)}
    for one in automations:
        done = _one(client, one, there.get(one.name), dry_run)
        yield Change("automation", one.name, done)
    names = {one.name for one in automations}
    for name, left in there.items():
        if name.startswith(f"qpilot {pilot}: ") and name not in names:
            if not dry_run:
                client.delete_automation(left.id)
            yield Change("automation", name, "removed")


def standing(client: SyncPrefectClient) -> Iterator[Automation]:
    """Every automation of the server."""
    offset = 0
    while page := client.read_automations(limit=PAGE, offset=offset):
        yield from page
        offset += len(page)


def _one(client: SyncPrefectClient, one: AutomationCore, found: Automation | None, dry_run: bool) -> Done:
    if found is None:
        if not dry_run:
            client.create_automation(one)
        return "made"
    one = one.model_copy(update={"enabled": found.enabled})
    if AutomationCore.model_validate(found.model_dump(exclude=_READ_ONLY)) == one:
        return "unchanged"
    if not dry_run:
        client.update_automation(found.id, AutomationCore.model_validate(one.model_dump(exclude=_READ_ONLY)))
    return "updated"
