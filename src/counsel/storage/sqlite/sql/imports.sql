-- name: put_import
insert into imports (digest, name, events, done, at_ms) values (?, ?, ?, ?, ?)
on conflict (digest) do update set
    name = excluded.name,
    events = excluded.events,
    done = excluded.done,
    at_ms = excluded.at_ms

-- name: find_import
select digest, name, events, done, at_ms from imports where digest = ?
