"""How the stages' tasks are kept: results as JSON, taken up again by a retry, a resume or a new run of the same job."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from prefect import task
from prefect.cache_policies import INPUTS, NO_CACHE, RUN_ID, TASK_SOURCE

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def stage(
    name: str, run_name: str, *, again: bool = False, own: bool = False
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """A task whose result persists; `run_name` may name its arguments in braces. `again`: it is done every time.
    `own`: only a retry or a resume of the same flow run takes it up again.

    Its job carries the sha256 over gates/ and qpilot/, which TASK_SOURCE does not see.
    """

    def kept(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        wrapped = task(
            name=name,
            task_run_name=run_name,
            persist_result=True,
            cache_policy=NO_CACHE if again else INPUTS + TASK_SOURCE + RUN_ID if own else INPUTS + TASK_SOURCE,
            result_serializer="json",
        )(function)
        return cast(Callable[Arguments, Result], wrapped)

    return kept
