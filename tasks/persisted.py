"""How the stages' tasks are kept: results as JSON, taken up again by a retry, a resume or a new run of the same job."""

from typing import Any

from prefect import task
from prefect.cache_policies import INPUTS, TASK_SOURCE

stage: Any = task(persist_result=True, cache_policy=INPUTS + TASK_SOURCE, result_serializer="json", retries=0)
"""A task whose result persists. Its job carries the sha256 over gates/ and qpilot/, which TASK_SOURCE does not see."""
