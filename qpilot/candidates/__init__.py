"""The candidates of a pilot file: what each may be, lists that stand for several, and those of a search that is given none."""
