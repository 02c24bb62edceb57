"""The list of all pilots: a row each, what is wanted of them, in sentences, and who is at which site when."""
