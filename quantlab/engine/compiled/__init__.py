"""The compiled engine: the same strategies, run as machine code with the same bits."""
