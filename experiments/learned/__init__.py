"""What all pilots together teach.

effects      every decided pilot's effects, in smallest gains worth having, from what is stored
rolled_out   what roll-outs showed beside what was predicted
prior        the learned prior: proposed, kept as a version, in force for what is frozen later
survey       everything that the page "What we learned" shows, as values
departments  what each department gained and bore
hindsight    decisions against the recommendation, looked at a year later
telling      the same in sentences and tables
"""
