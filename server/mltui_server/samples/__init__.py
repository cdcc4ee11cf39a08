"""Samples: in through the inbox, out as exact buckets."""
