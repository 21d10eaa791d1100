{#- The instant of a time of day on a date, in the domain's zone: right on days of 23 and 25 hours.
    A cast of a string, because that is the only place where the embedded BigQuery takes a zone as a parameter. -#}
{% macro at_local_time(date, time) -%}
timestamp(concat(cast({{ date }} as string), ' ', {{ time }}, ' ', '{{ var("timezone") }}'))
{%- endmacro %}
