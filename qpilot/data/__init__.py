"""Data: a CSV or Parquet file or a query becomes checked, split tables. Great Expectations is loaded by one module."""
