"""Tables that people keep in Excel: what their columns mean, what is wrong in them, what they change."""
