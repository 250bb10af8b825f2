"""Loopback by address and by name: a guard that asks for an address never takes a name."""

import pytest

from bot.lib.net import is_loopback_address, is_loopback_host

ADDRESSES = ("127.0.0.1", "127.1.2.3", "::1")
OTHERS = ("", "0.0.0.0", "10.0.0.1", "::", "fe80::1", "127.1", "127.0.0.1.example.com", "localhost.example.com", "0x7f000001", "example.com")  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_loopback_addresses(address: str) -> None:
    assert is_loopback_address(address)
    assert is_loopback_host(address)


@pytest.mark.parametrize("host", OTHERS)
def test_other_hosts(host: str) -> None:
    assert not is_loopback_address(host)
    assert not is_loopback_host(host)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "[::1]"])
def test_host_names_and_brackets_are_not_addresses(host: str) -> None:
    assert is_loopback_host(host)
    assert not is_loopback_address(host)
