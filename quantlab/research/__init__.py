"""Many runs: side by side, and over spaces of params."""
