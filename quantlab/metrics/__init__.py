"""Numbers from numbers: what a run was worth, what it risked, and how sure that is."""
