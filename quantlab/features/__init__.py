"""Pure functions of the past, per bar and symbol; and the labels, which alone look forward."""
