create table events (
    seq integer primary key autoincrement,
    id text not null unique,
    at_ms integer not null,
    kind text not null,
    agent text not null,
    session text not null,
    project text not null,
    trace text not null,
    advice text,
    body blob not null
) strict;

create index events_by_session on events (session, agent);
create index events_by_trace on events (trace);
create index events_by_advice on events (advice) where advice is not null;

create table marks (
    name text primary key,
    seq integer not null
) strict, without rowid;

create table lessons (
    id text primary key,
    body blob not null
) strict;

create table counters (
    family text not null,
    key text not null,
    body blob not null,
    primary key (family, key)
) strict, without rowid;

create table quarantine (
    id text primary key,
    at_ms integer not null,
    stage text not null,
    reason text not null,
    text text not null,
    source text not null,
    body blob not null
) strict;

create index quarantine_by_time on quarantine (at_ms, id);

create table imports (
    digest text primary key,
    name text not null,
    events integer not null,
    done integer not null,
    at_ms integer not null
) strict;

create table packets (
    id text primary key,
    body blob not null
) strict;

create table sessions (
    session text not null,
    agent text not null,
    upto integer not null,
    at_ms integer not null,
    body blob not null,
    primary key (session, agent)
) strict;
