"""Live calls: from Asterisk's events to the core and back as requests.

``dispatcher`` owns the routing of events, ``session`` one call, ``perform`` the requests of a call.
"""
