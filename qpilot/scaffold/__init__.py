"""`qpilot init`: a pilot file for a data file, every threshold written out, choices taken from the rows."""
