"""Fits the parameters of anything trainable: starts, losses, optimizers, regularisation, stopping, telemetry."""
