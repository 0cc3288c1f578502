"""The statistics of the gates. tests/gates holds them against simulation."""
