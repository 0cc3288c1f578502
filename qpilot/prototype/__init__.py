"""The prototype stage: candidates against tuned baselines by repeated CV, then one reading of the locked set."""
