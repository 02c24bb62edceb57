"""After a SCALE: the change goes out in waves, some sites are kept as before, and the effect is measured again."""
