"""home.toml: where a home keeps its journal and its artifacts, when not in its own folder."""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from gates.records import Record
from qpilot.errors import UsageError, unknown
from qpilot.record.object_store import PROTOCOLS
from qpilot.record.postgres_address import Address

FILE = "home.toml"


class Storage(Record):
    """How the artifacts' store is reached; credentials come from the environment, as its own tools take them."""

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """The options that are set."""
        told = {"endpoint_url": self.endpoint_url, "region": self.region, "profile": self.profile}
        return {name: value for name, value in told.items() if value is not None}


class Settings(Record):
    """The stores of a home; None is the home's own folder."""

    journal: str | None = None
    artifacts: str | None = None
    storage: Storage = Field(default_factory=Storage)

    @field_validator("journal")
    @classmethod
    def _journal(cls, given: str | None) -> str | None:
        return given if given is None else Address(given).where

    @field_validator("artifacts")
    @classmethod
    def _artifacts(cls, given: str | None) -> str | None:
        return given if given is None else required(given)


def required(url: str) -> str:
    """`url`, where it names a store that outlives the process, by itself and without a secret. Raises UsageError."""
    known = sorted(set(PROTOCOLS) - {"memory"})
    protocol, separator, _ = url.partition("://")
    if not separator or "::" in url or protocol not in known:
        raise UsageError(
            f"artifacts = {_bare(url)!r} is no store; required: PROTOCOL://..., PROTOCOL one of {', '.join(known)}"
            " (nothing chained with ::)"
        )
    parts = urlsplit(url)
    if parts.password is not None or parts.query:
        raise UsageError(
            f"artifacts = {_bare(url)!r} holds credentials or parameters; leave them to the environment, and to [storage]"
        )
    return url


def read(folder: Path) -> Settings:
    """The home's settings; without a file everything lies in the home. Raises UsageError where the file is no such file."""
    path = folder / FILE
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}; correct it, see docs/stores.md") from error
    _require_known(path, told)
    try:
        return Settings.model_validate(told)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {where}: {first['msg']}; see docs/stores.md") from None


def _require_known(path: Path, told: dict[str, object]) -> None:
    for name in told:
        if name not in Settings.model_fields:
            raise UsageError(f"{path}: {unknown('key', name, Settings.model_fields)}")
    storage = told.get("storage")
    for name in storage if isinstance(storage, dict) else ():
        if name not in Storage.model_fields:
            raise UsageError(
                f"{path}: [storage] {unknown('key', name, Storage.model_fields)}; credentials belong into the environment"
            )


def _bare(url: str) -> str:
    """The URL without what stands between :// and @: it may be a secret."""
    return re.sub(r"(?<=://)[^/@]*@", "...@", url.partition("?")[0])
