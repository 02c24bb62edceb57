"""What was found and what the rule says of it, made from stored things and made again from them."""
