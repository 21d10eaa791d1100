-- [[ about ]]
[% if arrival %]
-- One row[% if group_by %] per [[ group_by|join(", ") ]][% endif %] for each as_of, of all rows that had arrived.

with instants as (

    select cast(instant as timestamp) as as_of
    from unnest({{ var('as_of') }}) as instant

),

[% else %]
-- One row[% if group_by %] per [[ group_by|join(", ") ]][% endif %], of all rows as they are now: without a time of arrival the past can't be checked.

[% endif %]
[[ "with " if not arrival ]]arrived as (

    select
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

),

counted as (

    select
[% if arrival %]
        instants.as_of,
[% endif %]
[% for column in group_by %]
        arrived.[[ sql(column) ]],
[% endfor %]
        count(arrived.is_counted) as all_rows,
        coalesce(sum(arrived.is_counted), 0) as counted_rows
[% if arrival %]
    from instants
    left join arrived on arrived.arrived_at <= instants.as_of
    group by instants.as_of[% for column in group_by %], arrived.[[ sql(column) ]][% endfor %]

[% else %]
    from arrived
[% if group_by %]
    group by [% for column in group_by %]arrived.[[ sql(column) ]][[ ", " if not loop.last ]][% endfor %]

[% endif %]
[% endif %]

),

final as (

    select
[% if arrival %]
        as_of,
[% endif %]
[% for column in group_by %]
        [[ sql(column) ]],
[% endfor %]
[% if kind == "ratio" %]
        coalesce(safe_divide(100 * counted_rows, all_rows), 0) as [[ metric ]],
        counted_rows as numerator,
        all_rows as denominator
[% else %]
        counted_rows as [[ metric ]]
[% endif %]
    from counted

)

select * from final
