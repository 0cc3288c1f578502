"""The pilot file's section [data]: where rows come from."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from gates.records import Record

_PASSWORDS = re.compile(r"://[^:/@]*:([^@]+)@|[?&](?:password|passwd|pwd|secret|token)=([^&]+)", re.IGNORECASE)
VARIABLE = re.compile(r"\$(\w+|\{\w+\})")
"""$NAME or ${NAME}: an environment variable, put in when the database is asked and never kept."""


class Data(Record):
    """Where the rows come from, and what may be done to them. Paths resolve against the pilot file's folder.

    `url` (SQLAlchemy's) may name environment variables, $NAME or ${NAME}, and takes its password from one.
    top_up: rows that may be added once to the locked set, if what it says is not enough.
    """

    path: str | None = None
    url: str | None = None
    query: str | None = None
    target: str
    header: bool = True
    suite: str | None = None
    group: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()
    missing: Literal["refuse", "impute"] = "refuse"
    text: Literal["refuse", "encode"] = "refuse"
    locked: float = Field(default=0.3, ge=0.1, le=0.6)
    top_up: int | None = Field(default=None, ge=1)
    max_train_rows: int | None = Field(default=None, ge=20)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (a CSV or Parquet file) or url and query (a database)")
        if (self.url is None) != (self.query is None):
            raise ValueError("url and query belong together")
        passwords = ("".join(found) for found in _PASSWORDS.findall(self.url or ""))
        if not all(map(VARIABLE.fullmatch, passwords)):
            raise ValueError(
                "url holds a password, and the pilot file is kept with every run; name an environment variable in its"
                " place: postgresql://user:$DB_PASSWORD@host/database"
            )
        if self.group is not None and self.time is not None:
            raise ValueError("give group or time, not both")
        return self
