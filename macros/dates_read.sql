{#- The dates that any window of the run can read, as constants, so that partitions are pruned:
    `back` is how many days the window reaches back from its anchor. -#}
{% macro first_date_read(kind, back) -%}
date_sub(cast('{{ var("first_date") }}' as date), interval {{ var(kind ~ '_due_days') }} + 1 + {{ back }} day)
{%- endmacro %}

{% macro last_date_read() -%}
cast('{{ var("last_date") }}' as date)
{%- endmacro %}

{% macro dates_read(kind, back) -%}
between {{ first_date_read(kind, back) }}
        and {{ last_date_read() }}
{%- endmacro %}
