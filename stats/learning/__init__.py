"""What many pilots teach about the next one.

prior       how large effects of earlier pilots were, in smallest gains worth having: the prior of the next one
winners     by how much approved pilots look better than they are
kinds       what pilots of one kind have in common, and what to expect of the next one of that kind
transport   how much of an effect was kept when it was rolled out
reality     what was predicted for roll-outs beside what was measured there
hindsight   what later events say of a decision against the recommendation
"""
