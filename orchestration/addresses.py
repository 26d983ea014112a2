"""Which addresses are asked over HTTP: those of the internet, and of the ministry's own network only what the settings
name. So neither a base URL nor a server named in the register makes Sifarat ask what only this machine can reach, such
as a cloud's metadata service, whatever name points there. Redirects are not followed by any client.
"""

import ipaddress
import socket
from collections.abc import Collection
from urllib.request import getproxies

import httpx


class InternalAddress(httpx.UnsupportedProtocol):
    """A host is at an address that is not the internet's, and the settings do not name it. Nothing was sent."""


def client(internal_hosts: Collection[str], **options) -> httpx.Client:
    """A client that asks internal addresses of ``internal_hosts`` alone.

    It connects to the very address that was looked at, so a name cannot point elsewhere a moment later. Behind a proxy
    it is the proxy that looks names up and connects; then a name is looked at as this machine knows it.
    """
    if getproxies():
        looked_at = {"request": [lambda request: _reachable(request, internal_hosts)]}
        return httpx.Client(event_hooks=looked_at, **options)
    return httpx.Client(transport=_Guarded(internal_hosts), **options)


class _Guarded(httpx.HTTPTransport):
    def __init__(self, internal_hosts: Collection[str]):
        super().__init__()
        self._internal_hosts = internal_hosts

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.host or request.url.scheme not in ("http", "https"):
            # No address at all, which httpx itself says best; nothing is sent.
            return super().handle_request(request)
        addresses = _reachable(request, self._internal_hosts)
        if not addresses:
            raise httpx.ConnectError(f"{request.url.host} has no address", request=request)
        if addresses == [request.url.host]:
            # An address already: there is no name to pin.
            return super().handle_request(request)
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                # The certificate must still be the host's.
                extensions=request.extensions | {"sni_hostname": request.url.host},
            )
            try:
                return super().handle_request(pinned)
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
        raise AssertionError("the last address answers or raises")


def _reachable(request: httpx.Request, internal_hosts: Collection[str]) -> list[str]:
    """The addresses of the request's host. Raises InternalAddress when one of them may not be asked."""
    host = request.url.host
    try:
        found = socket.getaddrinfo(host, request.url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    addresses = list(dict.fromkeys(str(to[0]) for *_, to in found))
    inner = [address for address in addresses if not _is_of_the_internet(address)]
    if inner and host.lower() not in internal_hosts:
        raise InternalAddress(
            f"{host} is at {inner[0]}, which is no address of the internet; if it is meant, name {host} in "
            "SIFARAT_INTERNAL_HOSTS",
            request=request,
        )
    return addresses


def _is_of_the_internet(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        # An IPv4 address in the clothes of IPv6 is reached as what it is.
        nested = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if nested is None and address in _NAT64:
            nested = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if nested is not None:
            address = nested
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
