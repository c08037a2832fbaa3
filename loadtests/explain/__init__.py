"""Says which lines of a Python server hold memory at its peak: one load under memray, apart from every measurement.

Tracking changes what it tracks: memory and time of such a run are no figures and enter no record.
"""
