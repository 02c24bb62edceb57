"""What must not wait: concerns, the weekly harm check, pauses."""
