"""Requests on the fake's world: paths, parameters and replies, as Asterisk has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from officesmart_ivr.ari.fake.world import FakeBridge, FakeChannel, FakePlayback, Player, RefusedError, World
from officesmart_ivr.ari.models import (
    Application,
    AsteriskInfo,
    AsteriskPing,
    ConfigTuple,
    Endpoint,
    StatusInfo,
    SystemInfo,
    Variable,
    Variables,
)

NAMED_CAUSES = {
    "normal": 16,
    "busy": 17,
    "congestion": 34,
    "no_answer": 19,
    "timeout": 102,
    "rejected": 21,
    "unallocated": 1,
    "normal_unspecified": 31,
    "number_incomplete": 28,
    "codec_mismatch": 58,
    "interworking": 127,
    "failure": 38,
    "answered_elsewhere": 26,
}
"""Asterisk's names of hang-up reasons and their Q.850 causes."""

Params = Mapping[str, Any]

_ASKS_FOR_CONTACTS = re.compile(r"PJSIP_DIAL_CONTACTS\((.+)\)")


class Rest:
    """Carries out requests. Each reply is what Asterisk sends as JSON, bytes for a file, None for 204."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.startup_time = "2026-01-01T00:00:00.000+0000"
        self.filter: dict[str, list[str]] = {"allowed": [], "disallowed": []}
        self.subscriptions: set[str] = set()

    async def carry_out(self, method: str, segments: list[str], params: Params) -> object:
        """Do what the request asks. Raises `RefusedError`."""
        match method, segments:
            case _, ["channels", *rest]:
                return await self._channels(method, rest, params)
            case _, ["bridges", *rest]:
                return await self._bridges(method, rest, params)
            case _, ["recordings", *rest]:
                return self._recordings(method, rest)
            case _, ["playbacks", playback_id, *rest]:
                return self._playback(method, playback_id, rest)
            case _, ["asterisk", *rest]:
                return self._asterisk(method, rest, params)
            case "GET", ["endpoints", *rest]:
                return self._endpoints(rest)
            case _, ["applications", name, *rest]:
                return self._application(method, name, rest, params)
        raise RefusedError(404, "Resource not found")

    # --- channels

    async def _channels(self, method: str, rest: list[str], params: Params) -> object:
        world = self._world
        match method, rest:
            case "GET", []:
                return [channel.snapshot() for channel in world.channels.values()]
            case "POST", ["create"]:
                return self._create(params)
            case "GET", [channel_id]:
                return world.channel(channel_id).snapshot()
            case "DELETE", [channel_id]:
                world.end(world.channel(channel_id), _cause(params), soft=True)
            case "POST", [channel_id, "dial"]:
                world.dial(channel_id, params.get("caller"), params.get("timeout"))
            case "POST", [channel_id, "answer"]:
                channel = world.live_channel(channel_id)
                await channel.player.idle.wait()
                if channel.state != "Up":
                    world.change_state(channel, "Up")
            case "POST", [channel_id, "play", *_]:
                channel = world.live_channel(channel_id)
                return self._play(channel.player, f"channel:{channel_id}", rest[2:], params)
            case "POST", [channel_id, "record"]:
                return self._record(world.live_channel(channel_id), params)
            case "POST", [channel_id, "continue"]:
                channel = world.stasis_channel(channel_id)
                world.continued.append((channel_id, params))
                world.leave(channel)
            case "GET" | "POST", [channel_id, "variable" | "variables" as kind]:
                channel = world.stasis_channel(channel_id) if method == "POST" else world.channel(channel_id)
                if method == "POST":
                    await channel.player.idle.wait()
                elif contacts := _ASKS_FOR_CONTACTS.fullmatch(str(params.get("variable"))):
                    return self._contacts(f"PJSIP/{contacts[1]}")
                return _variables(channel.variables, method, kind, params)
            case _:
                self._switch(method, rest, params)
        return None

    def _contacts(self, endpoint: str) -> object:
        """What the function PJSIP_DIAL_CONTACTS says."""
        contacts = self._world.contacts.get(endpoint, ())
        if endpoint not in self._world.endpoints:
            raise RefusedError(404, "Provided variable was not found")
        return Variable(value="&".join(f"{endpoint}/{uri}" for uri in contacts))

    def _switch(self, method: str, rest: list[str], params: Params) -> None:
        """What only leaves a mark on a channel: ringing, music, hold, mute, sent keys."""
        match method, rest:
            case "POST" | "DELETE", [channel_id, "ring"]:
                self._world.live_channel(channel_id).ringing = method == "POST"
            case "POST" | "DELETE", [channel_id, "moh"]:
                music = str(params.get("mohClass") or "default") if method == "POST" else None
                self._world.live_channel(channel_id).moh = music
            case "POST", [channel_id, "dtmf"]:
                self._world.live_channel(channel_id).sent_dtmf += str(params.get("dtmf", ""))
            case "POST", [channel_id, "hold" | "mute" | "silence" | "progress" as mark]:
                self._world.live_channel(channel_id).marks.add(mark)
            case "DELETE", [channel_id, "hold" | "mute" | "silence" as mark]:
                self._world.live_channel(channel_id).marks.discard(mark)
            case _:
                raise RefusedError(404, "Resource not found")

    def _create(self, params: Params) -> object:
        endpoint = str(params["endpoint"])
        technology, name, *_ = endpoint.split("/")
        channel = FakeChannel(
            id=params.get("channelId") or self._world.new_id(),
            name=f"{technology}/{name}-{len(self._world.channels):08x}",
            inbound=False,
            state="Down",
            originator=params.get("originator"),
            variables=dict(params.get("variables") or {}),
        )
        args = str(params.get("appArgs") or "")
        self._world.create(channel, endpoint, args.split(",") if args else [])
        return channel.snapshot()

    def _play(self, player: Player, target: str, path_id: list[str], params: Params) -> object:
        playback = FakePlayback(
            id=path_id[0] if path_id else params.get("playbackId") or self._world.new_id(),
            media=_listed(params.get("media")),
            target=target,
            language=params.get("lang") or "en",
        )
        self._world.play(player, playback)
        return playback.snapshot()

    # --- bridges

    async def _bridges(self, method: str, rest: list[str], params: Params) -> object:
        world = self._world
        match method, rest:
            case "GET", []:
                return [bridge.snapshot() for bridge in world.bridges.values()]
            case "POST", [] | [_]:
                return self._create_bridge(rest[0] if rest else params.get("bridgeId"), params)
            case "GET", [bridge_id]:
                return world.bridge(bridge_id).snapshot()
            case "DELETE", [bridge_id]:
                world.destroy_bridge(world.bridge(bridge_id))
            case "POST", [bridge_id, "addChannel" | "removeChannel" as verb]:
                await self._move(world.bridge(bridge_id), verb, _listed(params.get("channel")))
            case "POST", [bridge_id, "play", *_]:
                return self._play(world.bridge(bridge_id).player, f"bridge:{bridge_id}", rest[2:], params)
            case "POST" | "DELETE", [bridge_id, "moh"]:
                music = str(params.get("mohClass") or "default") if method == "POST" else None
                world.bridge(bridge_id).moh = music
            case "GET" | "POST", [bridge_id, "variable" | "variables" as kind]:
                return _variables(world.bridge(bridge_id).variables, method, kind, params)
            case _:
                raise RefusedError(404, "Resource not found")
        return None

    def _create_bridge(self, bridge_id: str | None, params: Params) -> object:
        bridge = FakeBridge(
            id=bridge_id or self._world.new_id(),
            types=params.get("type") or "mixing",
            name=params.get("name") or "",
            variables=dict(params.get("variables") or {}),
        )
        if bridge.id in self._world.bridges:
            raise RefusedError(409, f"Bridge with id '{bridge.id}' already exists")
        self._world.bridges[bridge.id] = bridge
        return bridge.snapshot()

    async def _move(self, bridge: FakeBridge, verb: str, channel_ids: list[str]) -> None:
        """Put channels in or take them out; refused as a whole, before anything is done."""
        channels = []
        for channel_id in channel_ids:
            channel = self._world.channels.get(channel_id)
            if channel is None:
                raise RefusedError(400, "Channel not found")
            if not channel.in_stasis:
                raise RefusedError(422, "Channel not in Stasis application")
            if verb == "removeChannel" and channel.bridge_id != bridge.id:
                raise RefusedError(422, "Channel not in this bridge")
            channels.append(channel)
        for channel in channels:
            await channel.player.idle.wait()
            if self._world.channels.get(channel.id) is not channel:
                continue  # it has left while its prompt played, which Asterisk does not tell
            if verb == "addChannel":
                self._world.add_to_bridge(bridge, channel)
            else:
                self._world.leave_bridge(channel)

    # --- recordings

    def _record(self, channel: FakeChannel, params: Params) -> object:
        recordings, in_bridge = (
            self._world.recordings,
            channel.in_dial_bridge or channel.bridge_id is not None,
        )
        try:
            return recordings.begin(channel.id, params, in_bridge=in_bridge).snapshot("queued")
        except KeyError:
            raise RefusedError(422, "specified format is unknown on this system") from None
        except ValueError as error:
            raise RefusedError(
                409, f"Recording '{error}' already exists and can not be overwritten"
            ) from None

    def _recordings(self, method: str, rest: list[str]) -> object:
        recordings = self._world.recordings
        if (method, rest) == ("GET", ["stored"]):
            return recordings.listed()
        kind, name, *verb = rest
        if name not in (recordings.live if kind == "live" else recordings.stored):
            raise RefusedError(404, "Recording not found")
        match method, kind, verb:
            case "GET", "live", []:
                return recordings.live[name].snapshot("recording")
            case "POST", "live", ["stop"]:
                recordings.end(name)
            case "DELETE", "live", []:
                recordings.cancel(name)
            case "GET", "stored", []:
                return next(each for each in recordings.listed() if each.name == name)
            case "GET", "stored", ["file"]:
                return recordings.stored[name][1]
            case "DELETE", "stored", []:
                del recordings.stored[name]
            case _:
                raise RefusedError(404, "Resource not found")
        return None

    # --- the rest

    def _playback(self, method: str, playback_id: str, rest: list[str]) -> object:
        playback, player = self._world.playback(playback_id)
        match method, rest:
            case "GET", []:
                return playback.snapshot()
            case "DELETE", []:
                self._world.stop(playback, player)
            case "POST", ["control"]:
                if playback.state != "playing":
                    raise RefusedError(409, "Can only control media while it is playing")
            case _:
                raise RefusedError(404, "Resource not found")
        return None

    def _asterisk(self, method: str, rest: list[str], params: Params) -> object:
        match method, rest:
            case "GET", ["ping"]:
                return AsteriskPing(asterisk_id="fake", ping="pong")
            case "GET", ["info"]:
                return AsteriskInfo(
                    system=SystemInfo(version="22.10.1", entity_id="fake"),
                    status=StatusInfo(startup_time=self.startup_time, last_reload_time=self.startup_time),
                )
            case _, ["variable"]:
                if method == "GET":
                    return Variable(value=self._world.globals.get(str(params["variable"]), ""))
                return _variables(self._world.globals, method, "variable", params)
            case _, ["config", "dynamic", config_class, object_type, object_id]:
                return self._config(method, (config_class, object_type, object_id), params)
        raise RefusedError(404, "Resource not found")

    def _config(self, method: str, key: tuple[str, str, str], params: Params) -> object:
        objects = self._world.config
        if method == "PUT":
            fields = {each["attribute"]: each["value"] for each in params.get("fields", [])}
            objects[key] = objects.get(key, {}) | fields
        elif key not in objects:
            raise RefusedError(404, "Object not found")
        if method == "DELETE":
            del objects[key]
            return None
        return [ConfigTuple(attribute=name, value=value) for name, value in objects[key].items()]

    def _endpoints(self, rest: list[str]) -> object:
        match rest:
            case [technology, resource]:
                name = f"{technology}/{resource}"
                if name not in self._world.endpoints:
                    raise RefusedError(404, "Endpoint not found")
                return self.endpoint(name)
            case [technology]:
                return [self.endpoint(name) for name in self._world.endpoints if name.startswith(technology)]
            case _:
                return [self.endpoint(name) for name in self._world.endpoints]

    def _subscribe(self, sources: str) -> None:
        for source in sources.split(","):
            kind, _, name = source.partition(":")
            if kind == "endpoint" and name and name not in self._world.endpoints:
                raise RefusedError(422, "Event source does not exist")
            self.subscriptions.add(source)

    def endpoint(self, name: str) -> Endpoint:
        """An endpoint of the world, as Asterisk shows it."""
        technology, _, resource = name.partition("/")
        channels = [each.id for each in self._world.channels.values() if each.name.startswith(f"{name}-")]
        state = "online" if self._world.endpoints[name] else "offline"
        return Endpoint(technology=technology, resource=resource, state=state, channel_ids=channels)

    def _application(self, method: str, name: str, rest: list[str], params: Params) -> object:
        if name != self._world.app:
            raise RefusedError(404, "Application not found")
        match method, rest:
            case "PUT", ["eventFilter"]:
                self.filter = {key: [each["type"] for each in params.get(key, [])] for key in self.filter}
            case "GET", []:
                pass
            case "POST", ["subscription"]:
                self._subscribe(str(params["eventSource"]))
            case "DELETE", ["subscription"]:
                self.subscriptions.difference_update(str(params["eventSource"]).split(","))
            case _:
                raise RefusedError(404, "Resource not found")
        return Application(
            name=name,
            channel_ids=[each.id for each in self._world.channels.values() if each.in_stasis],
            events_allowed=[{"type": each} for each in self.filter["allowed"]],
            events_disallowed=[{"type": each} for each in self.filter["disallowed"]],
        )


def _variables(values: dict[str, str], method: str, kind: str, params: Params) -> object:
    """Read or set one variable, or several."""
    if method == "POST":
        values.update(params["variables"] if kind == "variables" else {params["variable"]: params["value"]})
        return None
    names = _listed(params[kind])
    if any(name not in values for name in names):
        raise RefusedError(404, "Provided variable was not found")
    if kind == "variable":
        return Variable(value=values[names[0]])
    return Variables(variables={name: values[name] for name in names})


def _cause(params: Params) -> int:
    """The Q.850 cause of a hang-up request."""
    if code := params.get("reason_code"):
        return int(code)
    reason = params.get("reason") or "normal"
    if reason not in NAMED_CAUSES:
        raise RefusedError(400, "Invalid Reason")
    return NAMED_CAUSES[reason]


def _listed(value: object) -> list[str]:
    """Several values: a list in a JSON body, text with commas in a query."""
    if isinstance(value, str):
        return value.split(",")
    return [str(each) for each in value] if isinstance(value, list) else []
