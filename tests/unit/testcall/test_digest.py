import pytest

from officesmart_ivr.testcall.agent import Credentials
from officesmart_ivr.testcall.digest import authorization, best_challenge, parse_challenge
from officesmart_ivr.testcall.errors import MessageError

RFC_2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("challenge", "password", "cnonce", "response"),
    [
        (RFC_2617, "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"),
        (
            RFC_7616.format("MD5"),
            "Circle of Life",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "8ca523f5e9506fed4657c9700eebdbec",
        ),
        (
            RFC_7616.format("SHA-256"),
            "Circle of Life",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ],
)
def test_the_examples_of_the_rfcs(challenge: str, password: str, cnonce: str, response: str) -> None:
    proof = authorization(
        best_challenge([challenge]),
        user="Mufasa",
        password=password,
        method="GET",
        uri="/dir/index.html",
        cnonce=cnonce,
    )
    assert f'response="{response}"' in proof
    assert "qop=auth, nc=00000001" in proof
    assert password not in proof


def test_the_strongest_known_challenge_is_taken() -> None:
    offers = [RFC_7616.format(name) for name in ("MD5", "SHA-256", "SHA-1024")]
    assert best_challenge(offers).algorithm == "SHA-256"


def test_a_server_without_qop_gets_none() -> None:
    challenge = parse_challenge('Digest realm="r", nonce="n"')
    assert challenge is not None
    assert "qop" not in authorization(challenge, user="u", password="p", method="M", uri="x")


@pytest.mark.parametrize("value", ['Basic realm="r"', 'Digest nonce="n"', RFC_7616.format("SHA-1024")])
def test_a_challenge_that_cannot_be_answered(value: str) -> None:
    with pytest.raises(MessageError):
        best_challenge([value])


def test_a_password_is_not_shown() -> None:
    assert "hush" not in repr(Credentials("201", "hush"))
