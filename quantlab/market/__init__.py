"""What happened: bars, their clocks, their checks and their sources."""
