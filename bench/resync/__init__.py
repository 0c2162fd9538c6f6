"""A whole resync measured: ten branches, real programs, a real broker."""
