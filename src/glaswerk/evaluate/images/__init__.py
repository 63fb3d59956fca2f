"""What can be measured of an image model: whether it follows prompts, and whether it repeats its pictures.

Start at `evaluate_images.py`. `scenes.py` recognises what a picture of the made-up town shows; `nearest.py`
finds the training pictures nearest to drawn ones.
"""
