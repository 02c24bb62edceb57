"""The answers that are promised with ``--json``, closed models."""
