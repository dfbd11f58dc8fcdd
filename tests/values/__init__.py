"""Every value people keep in notebooks: one row a type, judged on real objects."""
