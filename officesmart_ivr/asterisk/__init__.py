"""Asterisk as a tool: getting it, writing its configuration, running it as a child, examining the machine.

What others use::

    from officesmart_ivr.asterisk import child, doctor, ports, render, server, toolbox

    box = toolbox.obtain(toolbox.default_cache(), progress=..., warn=...)   # may fetch; blocking
    box = toolbox.find(toolbox.default_cache())                             # no network; None if not there
    box.sipp.command("-sn", "uac", ...)                                     # list[str] for subprocess

    chosen = ports.settle("0.0.0.0", sip_port=0, ari_port=0, rtp_ports=(0, 0))  # 0 = choose a free one
    settings = render.AsteriskSettings(data=..., sip_port=chosen.sip, ari_port=chosen.ari,
                                       rtp_ports=chosen.rtp, media_address="192.0.2.10",
                                       ari_password=secrets.token_urlsafe(24))
    render.render(settings, box)                                            # path of asterisk.conf
    async with server.asterisk_child(settings, box):                        # entered once fully booted
        ...                                                                 # ARI: settings.ari_url, ARI_USER

    for check in doctor.examine(cache=..., data=..., ...): ...

Objects that ARI may create while calls go on, under ``/ari/asterisk/config/dynamic/res_pjsip/``: ``auth``,
``aor``, ``endpoint``, ``identify`` and ``registration`` (all five are of the class ``res_pjsip``, even those
that other modules own). Every endpoint must be given ``render.endpoint_media``.

``apt``, ``apt_sources``, ``leash``, ``tree`` and ``toolbox`` use the standard library only, because
``officesmart_ivr.bootstrap`` needs them before anything is installed. This file imports nothing.
"""
