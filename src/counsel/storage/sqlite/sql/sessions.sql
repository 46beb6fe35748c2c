-- name: put_session
insert into sessions (session, agent, upto, at_ms, body) values (?, ?, ?, ?, ?)
on conflict (session, agent) do update set
    upto = excluded.upto,
    at_ms = excluded.at_ms,
    body = excluded.body

-- name: find_session
select agent, session, upto, at_ms, body from sessions where session = ? and agent = ?

-- name: drop_session
delete from sessions where session = ?
