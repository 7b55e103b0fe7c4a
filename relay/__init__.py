"""The wire between engines and the database: one relay for an engine, under a lease.

`supervisor` decides which engines this process relays for, `engine_relay` runs one of them, `link` is what
its parts share. Events come in through `ingest`, which hands on to `arguments`, `sessions`, `messages`,
`endings` and `questions`; `reconcile` lists what no event told; `outbox` sends what people decided, after
`liveness` has looked, and `outcomes` judges what nobody saw the end of. `domain/` holds what runs inside the
relay's transactions, `opencode/` the wire itself, `demo/` a scripted agent.
"""
