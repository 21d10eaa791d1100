select 100 * count(covered.game_id) / count(*) as observed
from `nba_reference.nba_schedule` as games
left join (
    select distinct lpad(cast(bdb_game_id as string), 10, '0') as game_id
    from `nba_raw.bigdataball_play_by_play`
    where game_date = '2026-02-01'
) as covered
    on games.game_id = covered.game_id
where
    games.game_date = '2026-02-01'
    and games.game_status = 3
    and not games.is_all_star
