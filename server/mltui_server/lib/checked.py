"""Words of an address or a header, held to a type of the contract."""

from typing import Any

from msgspec import ValidationError, convert


def checked(value: str, type_: Any, what: str) -> str:
    """Raises ValidationError, which names `what`."""
    try:
        return convert(value, type_)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise ValidationError(f"{what}: {error}") from None
