"""pilots are found: an index that is derived from the record and made anew after every migration"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    document = [sa.Column('document', sa.dialects.postgresql.TSVECTOR(), nullable=False)] if postgresql else []
    op.create_table('search_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('metric_key', sa.String(length=80), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=True),
    sa.Column('journey_step', sa.String(length=200), nullable=True),
    sa.Column('verdict', sa.String(length=40), nullable=True),
    sa.Column('grade', sa.String(length=8), nullable=True),
    sa.Column('decided', sa.String(length=40), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    *document,
    sa.PrimaryKeyConstraint('id', name='pk_search_entry'),
    sa.UniqueConstraint('pilot_id', name='uq_search_entry_pilot_id')
    )
    if postgresql:
        op.create_index('ix_search_entry_document', 'search_entry', ['document'], postgresql_using='gin')
    else:
        op.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5"
            "(title, takeaway, body, tokenize = \"unicode61 remove_diacritics 0\", prefix = '2 3')"
        )
