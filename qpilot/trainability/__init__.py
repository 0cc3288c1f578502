"""Could a candidate be trained, or its kernel be read, with finite shots? Measured before anything is fitted."""
