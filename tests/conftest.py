"""What any test may ask for."""

from tests.objects import objects, s3
from tests.postgres import own_postgres, postgres

__all__ = ["objects", "own_postgres", "postgres", "s3"]
