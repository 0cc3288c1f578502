"""A model in service: promoted on its evidence, asked for new rows with a classical fallback, rolled back by a person."""
