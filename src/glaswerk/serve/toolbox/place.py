"""Which models may have which tools: private content is not sent to other servers."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded.admission import Admission
from glaswerk.serve.toolbox.toolbox import READING, Toolbox
from glaswerk.tools import Tool


def check_place(
    admission: Admission, toolbox: Toolbox, model: str, tools: Mapping[str, Tool], param: str
) -> None:
    """Raises ApiError 400 for a model that may not have these tools. param: the field that names them."""
    place = admission.place(model)
    if place == "quotes":
        message = "this lab has no model, only quotes\nhint: glaswerk adopt hf:ORG/NAME"
        raise ApiError(400, message, param=param, code="unsupported_model")
    if place == "elsewhere" and toolbox.private and READING & tools.keys():
        message = "private documents are not sent to other servers; leave out search and tables"
        raise ApiError(400, message, param=param, code="private_content")
