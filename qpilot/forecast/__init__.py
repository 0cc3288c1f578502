"""Forecasts: what the hardware stage will take in circuits, shots, dollars and hours, and what the device will lose."""
