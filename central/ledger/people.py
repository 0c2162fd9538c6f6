"""Owns how the directory is stored: employees and their badges."""
