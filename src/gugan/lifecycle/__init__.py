"""全链条: the rooms where work is done; siblings that never import each other."""
