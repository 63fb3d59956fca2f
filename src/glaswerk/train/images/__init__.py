"""Training of picture networks: captioned pictures of a corpus in, a diffusers folder out.

Start at `train_images.py`. `plan.py` derives every setting, `pixels.py` decodes the pictures, `batches.py`
says what each step sees,
`objective.py` is the loss, `monitor.py` and `page.py` make the run's report.
"""
