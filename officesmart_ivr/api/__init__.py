"""The local API: how commands ask the running application. Loopback only, with a token."""
