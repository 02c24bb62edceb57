"""a door of its own for acts of people whose name a login has checked"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

BEFORE = "via IN ('app', 'cli', 'system')"
AFTER = "via IN ('app', 'login', 'cli', 'system')"


def upgrade() -> None:
    with op.batch_alter_table('event', copy_from=_event_before()) as batch_op:
        batch_op.drop_constraint(op.f('ck_event_via'), type_='check')
        batch_op.create_check_constraint(op.f('ck_event_via'), AFTER)


def _event_before() -> sa.Table:
    """As 0001 made it: SQLite copies the rows into a table made anew, and does not tell all of the old one."""
    return sa.Table(
        'event', sa.MetaData(),
        sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('actor_id', sa.Uuid(), nullable=True),
        sa.Column('via', sa.String(length=40), nullable=False),
        sa.Column('act', sa.String(length=80), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('pilot_id', sa.Uuid(), nullable=True),
        sa.Column('before', sa.Text(), nullable=True),
        sa.Column('after', sa.Text(), nullable=True),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('seals', sa.Text(), nullable=False),
        sa.Column('previous_hash', sa.String(length=64), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.CheckConstraint('seq >= 1', name=op.f('ck_event_seq_positive')),
        sa.CheckConstraint(BEFORE, name=op.f('ck_event_via')),
        sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_event_actor_id_person')),
        sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_event_pilot_id_pilot')),
        sa.PrimaryKeyConstraint('seq', name=op.f('pk_event')),
        sa.UniqueConstraint('hash', name=op.f('uq_event_hash')),
        sa.UniqueConstraint('previous_hash', name=op.f('uq_event_previous_hash')),
        sa.Index('ix_event_act', 'act'),
        sa.Index('ix_event_actor_id', 'actor_id'),
        sa.Index('ix_event_pilot_id', 'pilot_id'),
        sa.Index('ix_event_subject', 'subject'),
    )
