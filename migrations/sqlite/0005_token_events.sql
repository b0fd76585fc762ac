-- What became of access tokens. Never the tokens.
create table token_events (
    id            integer primary key,
    at            integer not null,
    credential_id integer not null references texts,
    scopes_id     integer not null references texts,
    event         text    not null check (event in ('fetched', 'renewed', 'rejected', 'failed')),
    generation    integer not null check (generation >= 0),
    served        integer not null check (served >= 0),
    duration_ms   integer check (duration_ms >= 0),
    expires_at    integer,
    detail        text
) strict;

create index token_events_at on token_events (at);

create view v_token_events as
select
    strftime('%Y-%m-%dT%H:%M:%fZ', token_events.at / 1000.0, 'unixepoch') as at,
    credentials.name as credential,
    scopes.name as scopes,
    token_events.event,
    token_events.generation,
    token_events.served,
    token_events.duration_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', token_events.expires_at / 1000.0, 'unixepoch') as expires_at,
    token_events.detail
from token_events
join texts as credentials on credentials.id = token_events.credential_id
join texts as scopes on scopes.id = token_events.scopes_id;
