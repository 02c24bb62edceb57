"""After SCALE: who gets the change when, what the roll-out should show, and whether it does.

rings        who starts in which wave, and who is kept as before
prediction   what the pilot promises for the roll-out, with its 95 % interval
precision    how precisely a roll-out of given size will know the effect, and how noisy its sites are
verifying    how large and long waves must be to notice that half of the effect is gone
measuring    the roll-out as the stepped wedge that it is: a plan and a table for stats.assessing
settled      the effect without each site's first weeks
where        by site and by group of sites
guardrails   shown safe, not shown, broken
judging      the measurements against the promise: replicated, attenuated, failed; pause, roll back
"""
