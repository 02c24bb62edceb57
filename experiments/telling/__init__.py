"""What people are told without asking: what needs them, by when, and the week in words."""
