-- What only dbt has: its macros, and where it runs.
{{ config(materialized='ephemeral') }}
select order_id, {{ dbt.safe_cast('amount', api.Column.translate_type('float')) }} as amount, '{{ target.name }}' as target
from {{ ref('orders') }}
where amount > 25
