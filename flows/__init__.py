"""The chain as a Prefect flow, and the command line."""

import gc

# A command imports a quarter of a million objects that stay. At Python's own 700 the collector walks through them again
# and again, a tenth of the time before a run begins.
gc.set_threshold(20_000, 10, 10)
