"""The test-call kit: SIP phones that register, call and are called, and that hear tones and press keys.

For live tests, benches and the commands ``call`` and ``test --live``. It knows nothing of the project but
its errors: what it calls may be any SIP server.
"""
