{#- The instant of a time of day on a date, in the domain's zone: right on days of 23 and 25 hours.
    Written as a cast of a text, because the embedded BigQuery takes a zone as a parameter nowhere else. -#}
{% macro at_local_time(date, time) -%}
timestamp(concat(cast({{ date }} as string), ' ', {{ time }}, ' ', '{{ var("timezone") }}'))
{%- endmacro %}
