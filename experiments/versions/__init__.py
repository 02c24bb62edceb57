"""A pilot after a pilot: the next version, and what each one did."""
