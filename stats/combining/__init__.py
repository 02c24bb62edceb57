"""Several looks, several metrics, several pilots taken together without fooling oneself."""
