"""What a hub, or the way to it, refuses: in words, with the next command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.hub_name import HubModel

# Every error of the client's HTTP library, which is httpx or httpx2 by the version of huggingface_hub.
_NETWORK: tuple[type[Exception], ...] = tuple(
    base for base in HfHubHTTPError.__bases__ if issubclass(base, Exception) and base is not OSError
)
_LONGEST = 200
# How the client says that a file came in another size than promised.
_OTHER_SIZE = "Consistency check failed"


@contextmanager
def hub_errors(model: HubModel, endpoint: str) -> Iterator[None]:
    """Turn the errors of a request for `model` into GlaswerkError."""
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise offline(model) from error
    except GatedRepoError as error:
        raise GlaswerkError(
            f"expected access to the files of {model}, found that its owner gives them out only to those who "
            "accepted its terms",
            hint=f"accept them at {endpoint}/{model.repo}, then: hf auth login && glaswerk adopt {model}",
        ) from error
    except RepositoryNotFoundError as error:
        raise GlaswerkError(
            f"expected a model {model.repo} at {endpoint}, found none (or a private one)",
            hint=f"check its name at {endpoint}/models; for a private one: "
            f"hf auth login && glaswerk adopt {model}",
        ) from error
    except RevisionNotFoundError as error:
        raise GlaswerkError(
            f"expected a revision {model.revision!r} of {model.repo}, found none at {endpoint}",
            hint=f"glaswerk adopt hf:{model.repo} takes the main branch",
        ) from error
    except EntryNotFoundError as error:
        raise GlaswerkError(
            f"expected a file that the list of {model} names, found none: {_first_line(error)}",
            hint=f"run it again: glaswerk adopt {model}",
        ) from error
    except DisabledRepoError as error:
        raise GlaswerkError(
            f"expected access to {model}, found that {endpoint} has disabled it", hint="adopt another model"
        ) from error
    except HfHubHTTPError as error:
        raise GlaswerkError(
            f"expected the files of {model} from {endpoint}, found: {_first_line(error)}",
            hint=f"run it again later: glaswerk adopt {model}",
        ) from error
    except _NETWORK as error:
        raise GlaswerkError(
            f"expected an answer of {endpoint}, found: {type(error).__name__}: {_first_line(error)}",
            hint=f"check the network (and HF_ENDPOINT), then go on with: glaswerk adopt {model}",
        ) from error
    except (HFValidationError, FileMetadataError) as error:
        raise garbage(model, endpoint, error) from error
    except OSError as error:
        if _OTHER_SIZE not in str(error):
            raise
        raise garbage(model, endpoint, error) from error


def garbage(model: HubModel, endpoint: str, found: object) -> GlaswerkError:
    """The error for an answer that is not what a hub says of a model."""
    return GlaswerkError(
        f"expected what a hub says of {model}, found from {endpoint}: {_first_line(found)}",
        hint=f"check HF_ENDPOINT, then: glaswerk adopt {model}",
    )


def offline(model: HubModel) -> GlaswerkError:
    """The error for what would need the network although HF_HUB_OFFLINE forbids it."""
    return GlaswerkError(
        f"expected a complete copy of {model} in Hugging Face's cache, found none, and HF_HUB_OFFLINE "
        "forbids downloads",
        hint=f"HF_HUB_OFFLINE=0 glaswerk adopt {model}; or adopt a folder that you have",
    )


def _first_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0][:_LONGEST]
