"""A service that speaks as OpenAI's API does, where the settings name one: embeddings, and chat."""

from collections.abc import Collection
from typing import Any

from pydantic import SecretStr


class HostedError(Exception):
    """The service could not be asked; the message names the address and the reason, never the key."""


class Hosted:
    """A service below ``base_url`` (with the ``/v1``)."""

    def __init__(self, base_url: str, key: SecretStr | None, timeout_seconds: float, internal_hosts: Collection[str]):
        from orchestration.addresses import client

        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        self._client = client(
            internal_hosts, base_url=base_url.rstrip("/") + "/", headers=headers, timeout=timeout_seconds
        )

    def address(self, path: str) -> str:
        return f"{self._client.base_url}{path}"

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that it answers; a busy service is asked three times. Raises HostedError, and ValueError for what
        is no JSON."""
        import httpx
        import stamina

        from orchestration.addresses import InternalAddress

        try:
            for attempt in stamina.retry_context(on=_is_passing, attempts=3, timeout=20):
                with attempt:
                    response = self._client.post(path, json=body)
                    response.raise_for_status()
                    return response.json()
            raise AssertionError("a retry context returns or raises")
        except InternalAddress as error:
            reason = f"was not asked: {error}"
        except httpx.HTTPStatusError as error:
            reason = f"answered {error.response.status_code}; is the key right?"
        except httpx.HTTPError as error:
            reason = f"did not answer: {type(error).__name__}"
        raise HostedError(f"{self.address(path)} {reason}")


def _is_passing(error: Exception) -> bool:
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)
