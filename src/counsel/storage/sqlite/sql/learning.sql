-- name: learnt_upto
select seq from marks where name = 'learnt'

-- name: set_learnt_upto
insert into marks (name, seq) values ('learnt', ?)
on conflict (name) do update set seq = excluded.seq

-- name: put_lesson
insert into lessons (id, body) values (?, ?)
on conflict (id) do update set body = excluded.body

-- name: forget_lesson
delete from lessons where id = ?

-- name: all_lessons
select id, body from lessons order by id

-- name: one_lesson
select id, body from lessons where id = ?

-- name: put_counter
insert into counters (family, key, body) values (?, ?, ?)
on conflict (family, key) do update set body = excluded.body

-- name: drop_counter
delete from counters where family = ? and key = ?

-- name: counters_of_family
select family, key, body from counters where family = ? order by key
