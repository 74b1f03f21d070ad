"""Asterisk's modules that are loaded, and what each is for.

Asterisk loads nothing by itself here, and in this mode it does not load what a module needs either: a module
whose needs are missing fails with an undefined symbol. So needs are in the list as well.
"""

from __future__ import annotations

from pathlib import Path

from officesmart_ivr.errors import AsteriskError

# What a call cannot do without.
_REQUIRED = """
    res_timing_timerfd
    res_sorcery_config res_sorcery_memory res_sorcery_memory_cache res_sorcery_astdb
    pbx_config app_stasis app_verbose app_dial app_playback app_playtones app_read app_stack app_echo app_exec
    func_channel func_callerid func_timeout func_logic func_strings func_hangupcause func_groupcount
    func_db func_devstate
    bridge_simple bridge_softmix bridge_holding bridge_native_rtp bridge_builtin_features
    codec_alaw codec_ulaw codec_a_mu codec_g722 codec_resample
    format_pcm format_sln format_wav
    res_musiconhold res_speech res_agi
    res_http_websocket res_websocket_client
    res_stasis res_stasis_answer res_stasis_playback res_stasis_recording res_stasis_snoop
    res_stasis_device_state
    res_ari res_ari_model res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels
    res_ari_device_states res_ari_endpoints res_ari_events res_ari_playbacks res_ari_recordings res_ari_sounds
    res_pjproject res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_sdp_rtp res_rtp_asterisk
    res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
    res_pjsip_registrar res_pjsip_outbound_registration
    res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip
    res_pjsip_acl res_pjsip_caller_id res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info
    res_pjsip_empty_info res_pjsip_header_funcs res_pjsip_logger res_pjsip_nat res_pjsip_path res_pjsip_refer
    res_pjsip_rfc3326
    chan_pjsip
"""
REQUIRED = tuple(_REQUIRED.split())

# What a build may leave out: codecs under other licences, encryption, conveniences.
_OPTIONAL = """
    codec_gsm format_gsm format_wav_gsm codec_opus codec_opus_open_source format_ogg_opus
    format_ogg_opus_open_source res_format_attr_opus res_srtp res_security_log
    func_pjsip_aor func_pjsip_contact func_pjsip_endpoint
    app_queue
"""
OPTIONAL = tuple(_OPTIONAL.split())


def choose(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The required modules, and those optional ones that ``folder`` has.

    Raises AsteriskError, with the names of what is missing.
    """
    missing = [name for name in REQUIRED if not (folder / f"{name}.so").exists()]
    if missing:
        raise AsteriskError(
            f"This Asterisk lacks modules that calls need: {', '.join(missing)} (looked for in {folder}).",
            remedy="Install the full package of Asterisk's modules, or take that Asterisk off the PATH: "
            "officesmart-ivr then fetches one.",
        )
    return REQUIRED, tuple(name for name in OPTIONAL if (folder / f"{name}.so").exists())
