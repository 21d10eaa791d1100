-- [[ about ]]
-- One row per day[% if group_by %] and [[ group_by|join(", ") ]][% endif %], for the last `days` complete days before as_of.

with instants as (

    select
        cast(instant as timestamp) as as_of,
        -- as a column, so that every warehouse uses the time zone for dates
        '{{ var("timezone") }}' as timezone
    from unnest({{ var('as_of') }}) as instant

),

-- the expected days, whether rows arrived or not
days as (

    select as_of, day
    from instants
    cross join unnest(generate_date_array(
        date_sub(date(as_of, timezone), interval {{ var('days') }} day),
        date_sub(date(as_of, timezone), interval 1 day)
    )) as day

),

arrived as (

    select
        [[ days.day ]] as day,
[% for column in group_by %]
        rows_read.[[ sql(column) ]],
[% endfor %]
[% if arrival %]
        coalesce(rows_read.[[ sql(arrival) ]], timestamp '1970-01-01 00:00:00+00') as arrived_at,
[% endif %]
[% if condition %]
        if([[ condition ]], 1, 0) as is_counted
[% else %]
        1 as is_counted
[% endif %]
    from {{ [[ call ]] }} as rows_read
[% if days.needs_zone %]
    cross join (select '{{ var("timezone") }}' as timezone) as zone
[% endif %]
    where
        -- constant bounds, so that BigQuery reads only these partitions
        [[ days.bounds[0] ]]
        and [[ days.bounds[1] ]]

),

[% if group_by %]
present as (

    select
        day, [% for column in group_by %][[ sql(column) ]][[ ", " if not loop.last ]][% endfor %][[ "," if arrival ]]
[% if arrival %]
        min(arrived_at) as first_at
[% endif %]
    from arrived
    group by day, [% for column in group_by %][[ sql(column) ]][[ ", " if not loop.last ]][% endfor %]


),

-- the expected groups of each day: those of the last thirty days, so that a missing group counts as 0
seen as (

    select distinct days.as_of, days.day, [% for column in group_by %]present.[[ sql(column) ]][[ ", " if not loop.last ]][% endfor %]

    from days
    cross join present
    where present.day between date_sub(days.day, interval 30 day) and days.day
[% if arrival %]
        and present.first_at <= days.as_of
[% endif %]

),

[% endif %]
counted as (

    select
        expected.as_of, expected.day,
[% for column in group_by %]
        expected.[[ sql(column) ]],
[% endfor %]
        count(arrived.day) as rows_there,
        sum(coalesce(arrived.is_counted, 0)) as counted_rows
    from [[ "seen" if group_by else "days" ]] as expected
    left join arrived
        on arrived.day = expected.day
[% if group_by %]
        -- `=` would not match rows without a group
[% endif %]
[% for column in group_by %]
        and arrived.[[ sql(column) ]] is not distinct from expected.[[ sql(column) ]]
[% endfor %]
[% if arrival %]
        and arrived.arrived_at <= expected.as_of
[% endif %]
    group by expected.as_of, expected.day[% for column in group_by %], expected.[[ sql(column) ]][% endfor %]


),

final as (

    select
        as_of, day,
[% for column in group_by %]
        [[ sql(column) ]],
[% endfor %]
[% if kind == "ratio" %]
        coalesce(safe_divide(100 * counted_rows, rows_there), 0) as [[ metric ]],
        counted_rows as numerator,
        rows_there as denominator
[% else %]
        counted_rows as [[ metric ]]
[% endif %]
    from counted

)

select * from final
