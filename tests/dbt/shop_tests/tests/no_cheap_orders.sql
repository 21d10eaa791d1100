{{ config(severity='warn', meta={'owner': 'ana'}) }}
-- macros of dbt, as in any test
select order_id, {{ dbt.safe_cast('amount', api.Column.translate_type('float')) }} as amount
from {{ ref('orders') }}
where amount < 8
