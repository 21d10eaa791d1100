{#-
    The expected games, from the calendar alone. CTEs that end in `expected`: for each evaluation the
    window of `dates` dates up to the anchor of `kind`, one row per game in it, or one row without a game
    if there are none. `verdict` and `reason` are the same on all rows of an evaluation:
    - a game in the window: judge
    - none, and every date of the window is outside a season or in a break: skip
    - none, and the calendar goes on after the anchor: skip, a day off
    - none, and it does not: unknown, because the calendar is empty or stale
    `before`: games of that many days before the window are included; they don't affect the verdict.
-#}
{% macro expected_windows(kind, dates, before=0) -%}
anchored as (

    select as_of, {{ anchor_date(kind) }} as anchor_date
    from {{ ref('evaluations') }}

),

windows as (

    select as_of, anchor_date, date_sub(anchor_date, interval {{ dates }} - 1 day) as first_date
    from anchored

),

-- the row of nulls keeps an evaluation without games
calendar as (

    select game_id, game_date, is_final, is_declared_postponed
    from {{ ref('calendar') }}
    union all
    select null, null, false, false

),

scheduled as (

    select
        *,
        sum(if(game_date between first_date and anchor_date, 1, 0)) over (partition by as_of) as calendar_games,
        max(game_date) over (partition by as_of) as calendar_end,
        exists(
            select 1 from unnest(generate_date_array(first_date, anchor_date)) as day
            where {{ is_covered('day', var('seasons')) }} and not {{ is_covered('day', var('breaks')) }}
        ) as is_in_season,
        (
            select max(concat(' (', ltrim(concat(substr(period, 23), ' ', replace(substr(period, 1, 21), '/', ' to '))), ')'))
            from unnest({{ var('breaks') }}) as period
            where
                cast(substr(period, 1, 10) as date) <= anchor_date
                and cast(substr(period, 12, 10) as date) >= first_date
        ) as break_text
    from windows
    cross join calendar

),

expected as (

    select
        * except (calendar_end, is_in_season, break_text),
        case
            when calendar_games > 0 then 'judge'
            when calendar_end > anchor_date or not is_in_season then 'skip'
            else 'unknown'
        end as verdict,
        if(calendar_games > 0, null, concat(
            'no games ', {{ dates_text('first_date', 'anchor_date') }},
            if(
                calendar_end > anchor_date or not is_in_season,
                coalesce(break_text, if(is_in_season, ' (day off)', ' (off-season)')),
                ', and none in the calendar after: it is empty or stale'
            )
        )) as reason
    from scheduled
    where
        game_date between date_sub(first_date, interval {{ before }} day) and anchor_date
        or (calendar_games = 0 and game_date is null)

)
{%- endmacro %}
