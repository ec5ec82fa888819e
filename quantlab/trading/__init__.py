"""What was asked for, what was filled, and what is owned."""
