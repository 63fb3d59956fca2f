"""Models in memory: loaded at their first request, unloaded by least use, swapped to new releases.

`models.py` decides what is loaded, `room.py` what goes; `held.py` is one loaded model, `loading.py` loads it.
"""
