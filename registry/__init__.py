"""What was promised, who agreed, what was decided: models, storage, and a log that can't be edited quietly."""
