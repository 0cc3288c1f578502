"""A run from its first minute to its last: which one it is, what stands of it, how it ended, its report and its bill."""
