"""The hardware stage: locked points in random order, batch by batch, until the answer is certain."""
