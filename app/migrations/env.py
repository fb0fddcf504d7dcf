"""What Alembic runs for every command: the revisions, on the connection that the studio has open."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
