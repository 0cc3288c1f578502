"""A pilot as a deployment on a Prefect server, with the automations that watch it."""
