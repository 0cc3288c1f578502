"""Kernels that circuits measure: the two of them, what decides on a kernel that is computed, and how far it is concentrated."""
