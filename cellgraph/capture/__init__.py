"""From running code to accesses, from values to digests, from front ends to cell ids."""
