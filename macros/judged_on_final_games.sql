{#-
    For a monitor of final games: `expected` becomes `judged`, one row per game, with the counts of games
    as columns. `games`: those that should be final, without games declared postponed;
    `not_final_games` of them are not; `left_out_games`: all that are not, for any reason.
    Fewer than half final: unknown. None left to be final: skip.
-#}
{% macro judged_on_final_games() -%}
doubted as (

    select
        *,
        sum(if(is_final or not is_declared_postponed, 1, 0)) over (partition by as_of) as games,
        sum(if(is_final, 1, 0)) over (partition by as_of) as final_games
    from expected

),

judged as (

    select
        * except (verdict, reason),
        games - final_games as not_final_games,
        calendar_games - final_games as left_out_games,
        case
            when verdict != 'judge' then verdict
            when games = 0 then 'skip'
            when 2 * final_games < games then 'unknown'
            else verdict
        end as verdict,
        case
            when verdict != 'judge' then reason
            when games = 0 then concat('every game ', {{ dates_text('first_date', 'anchor_date') }}, ' is postponed')
            when 2 * final_games < games then concat(
                'only ', cast(final_games as string), ' of ', cast(games as string), ' games final ',
                {{ dates_text('first_date', 'anchor_date') }}
            )
            -- a judged row may have a reason too: what was left out, for the summary
            when calendar_games > final_games then concat(
                'not counted: ',
                if(games > final_games, concat(
                    cast(games - final_games as string), ' of ', cast(games as string), ' games not final'
                ), ''),
                if(games > final_games and calendar_games > games, ', ', ''),
                if(calendar_games > games, concat(
                    cast(calendar_games - games as string),
                    if(calendar_games - games = 1, ' game', ' games'), ' postponed'
                ), '')
            )
        end as reason
    from doubted

)
{%- endmacro %}
