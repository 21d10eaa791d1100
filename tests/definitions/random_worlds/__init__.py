"""Random questions to a monitor: small worlds that crowd around the edges of its definition.

A question is one query: a world, several instants, and values of variables. Days are few and chosen
for what is special about them; instants stand at due times or a microsecond beside them; rows are of
the days that such an instant looks at, and arrive then or a microsecond beside it; names are few, so
that rows repeat, meet and miss each other.

Hypothesis chooses the questions by choosing where chance begins. Made of its strategies throughout,
few questions are too much alike (it likes what is plain, and what it has had before), and a query
is too slow for many: `misreadings.py` says what they must reach.
"""

from definitions.random_worlds.plans import PLANS, questions
from definitions.random_worlds.question import Question

__all__ = ["PLANS", "Question", "questions"]
