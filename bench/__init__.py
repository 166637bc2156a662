"""Speed, measured on this machine in one run; ratios and statement counts are what to trust."""
