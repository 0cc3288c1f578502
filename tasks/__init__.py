"""The stages as Prefect tasks: call the domain, keep the evidence, publish what a person reads. Thin."""
