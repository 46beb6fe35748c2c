-- name: last_seq
select seq from sqlite_sequence where name = 'events'

-- name: append_event
insert into events (seq, id, at_ms, kind, agent, session, project, trace, advice, body)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: seq_of_event
select seq from events where id = ?

-- name: read_events
select seq, kind, body from events where seq > ? order by seq limit ?

-- name: read_session_events
select seq, kind, body from events where session = ? and agent = ? and seq > ? order by seq

-- name: find_event
select seq, kind, body from events where id = ?

-- name: find_advice
select seq, kind, body from events where advice = ? order by seq limit 1

-- name: erase_session
delete from events where session = ?

-- name: erase_project
delete from events where project = ?
