"""A person's approval of exactly what will be paid for: the payload, the requests for it, the answers, and the grant."""

from qpilot.approval.grants import Grant, Request, Standing, granted, required, standing
from qpilot.approval.payload import Payload
from qpilot.approval.requests import Answer, Rejected, approve, ask, lapse, reject

__all__ = [
    "Answer",
    "Grant",
    "Payload",
    "Rejected",
    "Request",
    "Standing",
    "approve",
    "ask",
    "granted",
    "lapse",
    "reject",
    "required",
    "standing",
]
