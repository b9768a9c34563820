"""What every integration shares: jobs as generators of steps, plans, cursors, reports.

Knows the store only as a protocol, and no vendor.
"""
