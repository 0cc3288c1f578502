"""What any test may ask for."""

from tests.postgres import own_postgres, postgres

__all__ = ["own_postgres", "postgres"]
