"""Checks of data and design: each a pure function of CheckInputs."""
