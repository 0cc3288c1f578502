"""A flow that somebody else has: what `--then` starts."""

from prefect import flow


@flow
def follow(run: str, model: str, version: int) -> None:
    """It was given what it takes, or its parameters would have been refused."""
