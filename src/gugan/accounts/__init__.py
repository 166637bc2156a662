"""Who may do what, within which code prefix; the trail of what was done; sealed values."""
