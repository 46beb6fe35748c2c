-- name: put_packet
insert into packets (id, body) values (?, ?)
on conflict (id) do update set body = excluded.body

-- name: drop_packet
delete from packets where id = ?

-- name: all_packets
select id, body from packets order by id
