"""What a transfer model begins with, as the pilot file names it."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from gates.records import Record
from qpilot.errors import UsageError


def _version(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}@[1-9][0-9]*", name):
        raise ValueError('give a registered model with its version, "name@1", as `qpilot models` lists them')
    return name


class Backbone(Record):
    """Another data set to pre-train on (path, target), or a registered model: "name@version".

    sha256: the file's; written in when the pilot file is read, so that a changed file is another pilot.
    """

    path: str | None = None
    target: str | None = None
    header: bool = True
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    model: Annotated[str, AfterValidator(_version)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return {"model": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.path is None) == (self.model is None):
            raise ValueError('give either path and target (another data set), or "name@version" (a registered model)')
        if (self.path is None) != (self.target is None):
            raise ValueError("path and target belong together")
        if self.model is not None and (self.sha256 is not None or not self.header):
            raise ValueError("a registered model has neither header nor sha256: leave them out")
        return self

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return str(self.path or self.model)


def sha256(path: Path) -> str:
    """Of the file's bytes. Raises UsageError where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"backbone {path} cannot be read ({error.strerror}); give a CSV or Parquet file") from error
