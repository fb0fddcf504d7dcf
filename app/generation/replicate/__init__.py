"""The Replicate backend: orders predictions over HTTP, follows them, copies what they give before it vanishes.

model       what a model takes, from its own schema; requests as its inputs; pure
prediction  one prediction as the API tells it
wire        HTTP towards Replicate
errors      what Replicate says of failures, in the studio's words
place       where an attempt is, in a line of text that outlives the studio
ordering    predictions ordered, each once, whatever becomes of the answer
painting    one attempt: ordered, followed, fetched, or ended
webhooks    predictions that Replicate tells of, proven by their signature
api         the address that it tells them to
backend     all of these as an ImageBackend
"""
