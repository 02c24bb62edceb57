"""The showcase: what pilots brought and what they saved us from, told carefully and credited by team."""
