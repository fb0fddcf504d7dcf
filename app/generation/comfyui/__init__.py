"""The ComfyUI backend: builds workflows, queues them on one or several servers, follows them, fetches the pictures.

workflow   graphs from requests; pure
catalogue  what a server has, and whether a graph can run there; asked before anything is queued
wire       HTTP towards one server          line     the WebSocket towards it
follow     one prompt, from its submission to its end
ending     prompts that nobody wants any more
servers    several addresses: which is sound, which is least busy
errors     what ComfyUI says of failures, in the studio's words
backend    all of these as an ImageBackend
"""
