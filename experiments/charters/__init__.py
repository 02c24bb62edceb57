"""The charter: what a pilot promises to try, read, checked and kept."""
