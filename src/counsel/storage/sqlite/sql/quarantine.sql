-- name: put_quarantined
insert into quarantine (id, at_ms, stage, reason, text, source, body)
values (?, ?, ?, ?, ?, ?, ?)
on conflict (id) do update set
    at_ms = excluded.at_ms,
    stage = excluded.stage,
    reason = excluded.reason,
    text = excluded.text,
    source = excluded.source,
    body = excluded.body

-- name: newest_quarantined
select id, at_ms, stage, reason, text, source, body from quarantine
order by at_ms desc, id desc limit ?

-- name: take_quarantined
delete from quarantine where id = ?
returning id, at_ms, stage, reason, text, source, body
