"""Scale, iterate or stop: a pure, total function of a locked plan and the evidence."""
