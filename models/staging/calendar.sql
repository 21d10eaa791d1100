-- One row per game, without All-Star entries. Games are known in advance, so future rows are included.

with final as (

    select
        game_id,
        game_date,
        coalesce(logical_or(game_status = 3), false) as is_final,
        -- a game without an id can't have been declared
        coalesce(game_id in unnest({{ var('postponed_games') }}), false) as is_declared_postponed
    from {{ source('nba_reference', 'nba_schedule') }}
    where
        -- far enough back for the widest window that schema.yml allows
        game_date >= date_sub(cast('{{ var("first_date") }}' as date), interval 400 day)
        and not coalesce(is_all_star, false)
    group by game_id, game_date

)

select * from final
