"""The image endpoints: generations, edits, variations and detection, in OpenAI's shapes.

Start at `endpoints.py`. `studio.py` draws the pictures of all requests together, step by step, in a thread;
`request.py` and `forms.py` say what a request may ask, `response.py` what it gets; `nearest.py` compares a
picture with those that the model learned from.
"""

from glaswerk.serve.images.endpoints import Images
from glaswerk.serve.images.nearest import NearestPictures
from glaswerk.serve.images.studio import Studio

__all__ = ["Images", "NearestPictures", "Studio"]
