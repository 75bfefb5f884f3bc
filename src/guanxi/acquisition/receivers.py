from guanxi.acquisition import queries
from guanxi.audiences import registry as audiences

audiences.learn_events(queries.audience_events)
