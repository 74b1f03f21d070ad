"""``officesmart-ivr announcement``: its commands, which have files of their own, together."""

from __future__ import annotations

from officesmart_ivr.cli import announcement, announcement_list, announcement_record, announcement_say

app = announcement.app
app.command("say")(announcement_say.say)
app.command("list")(announcement_list.list_announcements)
app.command("record")(announcement_record.record)
app.command("drafts")(announcement_record.drafts)
