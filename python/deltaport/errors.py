"""The exceptions of Deltaport, one for each kind of failure.

Every class has the attribute ``code``: the name that logs and the other doors use.
"""


class DeltaportError(Exception):
    """Base of all errors of this package."""

    code = "internal"


class InvalidArgumentError(DeltaportError, ValueError):
    """The request, the configuration or the SQL text is wrong."""

    code = "invalid_argument"


class NotFoundError(DeltaportError, LookupError):
    """The named thing does not exist."""

    code = "not_found"


class AlreadyExistsError(DeltaportError):
    """The named thing exists and must not."""

    code = "already_exists"


class PermissionDeniedError(DeltaportError, PermissionError):
    """The statement or the principal is not allowed to do this."""

    code = "permission_denied"


class UnauthenticatedError(DeltaportError, PermissionError):
    """No or bad credentials."""

    code = "unauthenticated"


class ConflictError(DeltaportError):
    """A concurrent commit is in the way."""

    code = "conflict"


class UnsupportedFeatureError(DeltaportError, NotImplementedError):
    """The table or the request needs a feature that is not supported; the message names it."""

    code = "unsupported_feature"


class CorruptTableError(DeltaportError):
    """The files of a table contradict the protocol or each other; the message names the file."""

    code = "corrupt_table"


class ResourceExhaustedError(DeltaportError):
    """A limit on memory, rows, depth or size was reached."""

    code = "resource_exhausted"


class CancelledError(DeltaportError):
    """The work was stopped before its end."""

    code = "cancelled"


class DeadlineExceededError(DeltaportError, TimeoutError):
    """The time limit passed."""

    code = "deadline_exceeded"


class UnavailableError(DeltaportError):
    """Not ready or overloaded; trying again later may work."""

    code = "unavailable"


class StorageError(DeltaportError, OSError):
    """The operating system or an object store failed."""

    code = "io"


class InternalError(DeltaportError):
    """A defect of Deltaport."""

    code = "internal"


BY_CODE = {error.code: error for error in DeltaportError.__subclasses__()}
