"""Who competes, and how they are compared on the development rows: cross-validation, a budget, where the fits run, what is kept.

Nothing here reads the locked set, fits a model that is kept, or decides.
"""
