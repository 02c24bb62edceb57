"""Between people's forms and charters, without a screen."""
