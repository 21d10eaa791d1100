{#- The latest date whose data of this kind is due at `as_of`: due times are the variables
    `<kind>_due_time` and `<kind>_due_days`. For a row of `evaluations`. -#}
{% macro anchor_date(kind) -%}
date_sub(local_date, interval {{ var(kind ~ '_due_days') }} + if(
        {{ at_local_time('local_date', "'" ~ var(kind ~ '_due_time') ~ "'") }} <= as_of, 0, 1
    ) day)
{%- endmacro %}
