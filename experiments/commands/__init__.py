"""What the command line has besides the stages: how it answers, and its groups of commands."""
