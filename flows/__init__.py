"""The chain as a Prefect flow, and the command line."""
