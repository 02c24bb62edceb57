"""From the evidence to a decision: reviews and their rounds, decisions, overrules, the end."""
