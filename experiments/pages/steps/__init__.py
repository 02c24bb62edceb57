"""The five steps of the guided charter: each shows its widgets and gives back its part of the draft."""
