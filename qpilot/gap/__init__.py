"""The gap between simulator and device, split by cause: a ladder of emulated devices between the two."""
