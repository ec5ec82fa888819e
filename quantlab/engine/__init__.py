"""Time moves: strategies, what they see, the event loop, results, and the proof that the future stayed away."""
