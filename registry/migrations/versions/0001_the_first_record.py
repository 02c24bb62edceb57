"""the first record"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('department',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_department')),
    sa.UniqueConstraint('key', name=op.f('uq_department_key'))
    )
    op.create_table('log_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_log_head_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_head'))
    )
    op.create_table('metric_definition',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('owner_department_id', sa.Uuid(), nullable=True),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['owner_department_id'], ['department.id'], name=op.f('fk_metric_definition_owner_department_id_department')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metric_definition')),
    sa.UniqueConstraint('key', name=op.f('uq_metric_definition_key'))
    )
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=True),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.Column('manager_id', sa.Uuid(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_person_email_lower')),
    sa.CheckConstraint('manager_id <> id', name=op.f('ck_person_own_manager')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_person_department_id_department')),
    sa.ForeignKeyConstraint(['manager_id'], ['person.id'], name=op.f('fk_person_manager_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('email', name=op.f('uq_person_email'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_manager_id'), ['manager_id'], unique=False)

    op.create_table('metric_version',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('metric_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('meaning', sa.Text(), nullable=False),
    sa.Column('unit', sa.String(length=80), nullable=False),
    sa.Column('better', sa.Enum('higher', 'lower', name='better', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('kind', sa.Enum('mean', 'share', 'ratio', 'quantile', 'share_beyond', 'tail_mean', 'rate', 'interval_share', 'survival', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('spec', sa.Text(), nullable=False),
    sa.Column('lag_days', sa.Integer(), nullable=False),
    sa.Column('minimum_n', sa.Integer(), nullable=False),
    sa.Column('missing_rule', sa.String(length=80), nullable=False),
    sa.Column('survey', sa.Boolean(), nullable=False),
    sa.Column('perspective', sa.Enum('customer', 'employee', 'internal', 'financial', name='perspective', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('journey_step', sa.String(length=120), nullable=True),
    sa.Column('waste_class', sa.Enum('waiting', 'over_production', 'rework', 'movement', name='waste_class', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('twin_key', sa.String(length=80), nullable=True),
    sa.Column('defined_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('lag_days >= 0', name=op.f('ck_metric_version_lag_not_negative')),
    sa.CheckConstraint('minimum_n >= 1', name=op.f('ck_metric_version_minimum_n_positive')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_metric_version_number_positive')),
    sa.ForeignKeyConstraint(['defined_by_id'], ['person.id'], name=op.f('fk_metric_version_defined_by_id_person')),
    sa.ForeignKeyConstraint(['metric_id'], ['metric_definition.id'], name=op.f('fk_metric_version_metric_id_metric_definition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metric_version')),
    sa.UniqueConstraint('metric_id', 'number', name=op.f('uq_metric_version_metric_id_number'))
    )
    with op.batch_alter_table('metric_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_metric_version_metric_id'), ['metric_id'], unique=False)

    op.create_table('person_role',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('innovator', 'reviewer', 'executive', 'analyst', 'administrator', 'viewer', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_person_role_department_id_department')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_person_role_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_role')),
    sa.UniqueConstraint('person_id', 'role', 'department_id', name=op.f('uq_person_role_person_id_role_department_id'))
    )
    with op.batch_alter_table('person_role', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_role_person_id'), ['person_id'], unique=False)
        batch_op.create_index('uq_person_role_without_department', ['person_id', 'role'], unique=True, sqlite_where=sa.text('department_id IS NULL'), postgresql_where=sa.text('department_id IS NULL'))

    op.create_table('pilot',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('stage', sa.Enum('draft', 'shaping', 'plan', 'signed', 'assigned', 'running', 'paused', 'withdrawn', 'assessed', 'in_review', 'decided', 'rolling_out', 'closed', name='stage', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('stage_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stage_reason', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('sponsor_id', sa.Uuid(), nullable=True),
    sa.Column('team', sa.String(length=200), nullable=False),
    sa.Column('simulated', sa.Boolean(), nullable=False),
    sa.Column('showcase', sa.Boolean(), nullable=False),
    sa.Column('recorded_afterwards', sa.Boolean(), nullable=False),
    sa.Column('draft', sa.Text(), nullable=False),
    sa.Column('draft_step', sa.String(length=80), nullable=False),
    sa.CheckConstraint("stage NOT IN ('paused', 'withdrawn') OR stage_reason <> ''", name=op.f('ck_pilot_stage_has_reason')),
    sa.CheckConstraint('(version = 1) = (parent_id IS NULL)', name=op.f('ck_pilot_lineage')),
    sa.CheckConstraint('parent_id <> id', name=op.f('ck_pilot_own_parent')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_pilot_version_positive')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_pilot_department_id_department')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_pilot_owner_id_person')),
    sa.ForeignKeyConstraint(['parent_id'], ['pilot.id'], name=op.f('fk_pilot_parent_id_pilot')),
    sa.ForeignKeyConstraint(['sponsor_id'], ['person.id'], name=op.f('fk_pilot_sponsor_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pilot')),
    sa.UniqueConstraint('key', name=op.f('uq_pilot_key'))
    )
    with op.batch_alter_table('pilot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pilot_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_sponsor_id'), ['sponsor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_stage'), ['stage'], unique=False)

    op.create_table('change_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('change', 'visit', 'suggestion', 'incident', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('site', sa.String(length=200), nullable=True),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('alters_treatment', sa.Boolean(), nullable=False),
    sa.Column('suggestion', sa.Enum('open', 'adopted', 'declined', name='suggestion', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('credited_to', sa.String(length=200), nullable=False),
    sa.Column('entered_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(kind = 'suggestion') = (suggestion IS NOT NULL)", name=op.f('ck_change_entry_suggestion_has_state')),
    sa.CheckConstraint("suggestion <> 'declined' OR why <> ''", name=op.f('ck_change_entry_declined_has_reason')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['person.id'], name=op.f('fk_change_entry_entered_by_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_change_entry_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_entry'))
    )
    with op.batch_alter_table('change_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_entry_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('check_in',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('site', sa.String(length=200), nullable=False),
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('delivered', sa.Float(), nullable=True),
    sa.Column('used', sa.Float(), nullable=True),
    sa.Column('trouble', sa.Text(), nullable=False),
    sa.Column('given_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('delivered >= 0 AND delivered <= 1', name=op.f('ck_check_in_delivered_share')),
    sa.CheckConstraint('used >= 0 AND used <= 1', name=op.f('ck_check_in_used_share')),
    sa.ForeignKeyConstraint(['given_by_id'], ['person.id'], name=op.f('fk_check_in_given_by_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_check_in_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in')),
    sa.UniqueConstraint('pilot_id', 'site', 'week', name=op.f('uq_check_in_pilot_id_site_week'))
    )
    with op.batch_alter_table('check_in', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_in_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('comment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('reply_to_id', sa.Uuid(), nullable=True),
    sa.Column('about', sa.String(length=120), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('mentions', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_comment_author_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_comment_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['reply_to_id'], ['comment.id'], name=op.f('fk_comment_reply_to_id_comment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment'))
    )
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comment_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_comment_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('event',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('via', sa.Enum('app', 'cli', 'system', name='via', native_enum=False, create_constraint=True, length=40), nullable=False),
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
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_event_actor_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_event_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_event')),
    sa.UniqueConstraint('hash', name=op.f('uq_event_hash')),
    sa.UniqueConstraint('previous_hash', name=op.f('uq_event_previous_hash'))
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_act'), ['act'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_pilot_id'), ['pilot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_subject'), ['subject'], unique=False)

    op.create_table('hypothesis',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('change', sa.Text(), nullable=False),
    sa.Column('for_whom', sa.Text(), nullable=False),
    sa.Column('metric_version_id', sa.Uuid(), nullable=False),
    sa.Column('direction', sa.Enum('higher', 'lower', name='direction', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('mwe', sa.Float(), nullable=False),
    sa.Column('because', sa.Text(), nullable=False),
    sa.CheckConstraint('mwe > 0', name=op.f('ck_hypothesis_mwe_positive')),
    sa.ForeignKeyConstraint(['metric_version_id'], ['metric_version.id'], name=op.f('fk_hypothesis_metric_version_id_metric_version')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_hypothesis_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hypothesis')),
    sa.UniqueConstraint('pilot_id', name=op.f('uq_hypothesis_pilot_id'))
    )
    op.create_table('pilot_partner',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('department_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=True),
    sa.Column('benefit', sa.Text(), nullable=False),
    sa.Column('pulls_against', sa.Text(), nullable=False),
    sa.Column('relief', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['person.id'], name=op.f('fk_pilot_partner_contact_id_person')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_pilot_partner_department_id_department')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_pilot_partner_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pilot_partner')),
    sa.UniqueConstraint('pilot_id', 'department_id', name=op.f('uq_pilot_partner_pilot_id_department_id'))
    )
    with op.batch_alter_table('pilot_partner', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pilot_partner_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_partner_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_partner_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('plan_record',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('canonical', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('engine_version', sa.String(length=40), nullable=False),
    sa.Column('proposed_by_id', sa.Uuid(), nullable=True),
    sa.Column('locked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('locked_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(locked_at IS NULL) = (locked_by_id IS NULL)', name=op.f('ck_plan_record_locked_by_and_at')),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_plan_record_sha256_length')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_plan_record_number_positive')),
    sa.ForeignKeyConstraint(['locked_by_id'], ['person.id'], name=op.f('fk_plan_record_locked_by_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_plan_record_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['person.id'], name=op.f('fk_plan_record_proposed_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_record')),
    sa.UniqueConstraint('pilot_id', 'number', name=op.f('uq_plan_record_pilot_id_number'))
    )
    with op.batch_alter_table('plan_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_record_pilot_id'), ['pilot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_record_sha256'), ['sha256'], unique=False)

    op.create_table('snapshot',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('row_count', sa.BigInteger(), nullable=False),
    sa.Column('reading', sa.Text(), nullable=False),
    sa.Column('columns', sa.Text(), nullable=False),
    sa.Column('look', sa.Integer(), nullable=False),
    sa.Column('accepted_by_id', sa.Uuid(), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_snapshot_sha256_length')),
    sa.CheckConstraint('look >= 1', name=op.f('ck_snapshot_look_positive')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_snapshot_number_positive')),
    sa.CheckConstraint('row_count >= 0', name=op.f('ck_snapshot_row_count_not_negative')),
    sa.CheckConstraint('size > 0', name=op.f('ck_snapshot_not_empty')),
    sa.ForeignKeyConstraint(['accepted_by_id'], ['person.id'], name=op.f('fk_snapshot_accepted_by_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_snapshot_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_snapshot')),
    sa.UniqueConstraint('pilot_id', 'number', name=op.f('uq_snapshot_pilot_id_number'))
    )
    with op.batch_alter_table('snapshot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_snapshot_pilot_id'), ['pilot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_snapshot_sha256'), ['sha256'], unique=False)

    op.create_table('amendment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('from_plan_id', sa.Uuid(), nullable=False),
    sa.Column('to_plan_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('minor', 'major', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('difference', sa.Text(), nullable=False),
    sa.Column('after_first_data', sa.Boolean(), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_amendment_has_reason')),
    sa.CheckConstraint('from_plan_id <> to_plan_id', name=op.f('ck_amendment_two_plans')),
    sa.ForeignKeyConstraint(['from_plan_id'], ['plan_record.id'], name=op.f('fk_amendment_from_plan_id_plan_record')),
    sa.ForeignKeyConstraint(['made_by_id'], ['person.id'], name=op.f('fk_amendment_made_by_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_amendment_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['to_plan_id'], ['plan_record.id'], name=op.f('fk_amendment_to_plan_id_plan_record')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_amendment')),
    sa.UniqueConstraint('to_plan_id', name=op.f('uq_amendment_to_plan_id'))
    )
    with op.batch_alter_table('amendment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_amendment_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('assignment_record',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('plan_sha256', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=40), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('canonical', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('drawn_by_id', sa.Uuid(), nullable=True),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_assignment_record_sha256_length')),
    sa.ForeignKeyConstraint(['drawn_by_id'], ['person.id'], name=op.f('fk_assignment_record_drawn_by_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_assignment_record_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan_record.id'], name=op.f('fk_assignment_record_plan_id_plan_record')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment_record')),
    sa.UniqueConstraint('plan_id', name=op.f('uq_assignment_record_plan_id'))
    )
    with op.batch_alter_table('assignment_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assignment_record_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('evidence_record',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('snapshot_id', sa.Uuid(), nullable=False),
    sa.Column('plan_sha256', sa.String(length=64), nullable=False),
    sa.Column('snapshot_sha256', sa.String(length=64), nullable=False),
    sa.Column('look', sa.Integer(), nullable=False),
    sa.Column('arm', sa.Integer(), nullable=False),
    sa.Column('engine_version', sa.String(length=40), nullable=False),
    sa.Column('canonical', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('arm >= 1', name=op.f('ck_evidence_record_arm_positive')),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_evidence_record_sha256_length')),
    sa.CheckConstraint('look >= 1', name=op.f('ck_evidence_record_look_positive')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_evidence_record_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan_record.id'], name=op.f('fk_evidence_record_plan_id_plan_record')),
    sa.ForeignKeyConstraint(['snapshot_id'], ['snapshot.id'], name=op.f('fk_evidence_record_snapshot_id_snapshot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_record')),
    sa.UniqueConstraint('plan_id', 'snapshot_id', 'look', 'arm', 'sha256', name=op.f('uq_evidence_record_plan_id_snapshot_id_look_arm_sha256'))
    )
    with op.batch_alter_table('evidence_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evidence_record_pilot_id'), ['pilot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_evidence_record_plan_id'), ['plan_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_evidence_record_sha256'), ['sha256'], unique=False)
        batch_op.create_index(batch_op.f('ix_evidence_record_snapshot_id'), ['snapshot_id'], unique=False)

    op.create_table('pilot_metric',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('metric_version_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('SUCCESS', 'SECONDARY', 'GUARDRAIL', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('mwe', sa.Float(), nullable=True),
    sa.Column('margin', sa.Float(), nullable=True),
    sa.Column('guardrail_class', sa.Enum('PROVE', 'WATCH', name='guardrail_class', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('critical', sa.Boolean(), nullable=False),
    sa.Column('partner_id', sa.Uuid(), nullable=True),
    sa.Column('twin_of_id', sa.Uuid(), nullable=True),
    sa.Column('pre_column', sa.String(length=200), nullable=True),
    sa.Column('signed_by_id', sa.Uuid(), nullable=True),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role <> 'GUARDRAIL' OR (margin IS NOT NULL AND guardrail_class IS NOT NULL)", name=op.f('ck_pilot_metric_guardrail_has_margin')),
    sa.CheckConstraint("role <> 'SUCCESS' OR mwe IS NOT NULL", name=op.f('ck_pilot_metric_success_has_mwe')),
    sa.CheckConstraint('(signed_by_id IS NULL) = (signed_at IS NULL)', name=op.f('ck_pilot_metric_signed_by_and_at')),
    sa.CheckConstraint('margin > 0', name=op.f('ck_pilot_metric_margin_positive')),
    sa.CheckConstraint('mwe > 0', name=op.f('ck_pilot_metric_mwe_positive')),
    sa.ForeignKeyConstraint(['metric_version_id'], ['metric_version.id'], name=op.f('fk_pilot_metric_metric_version_id_metric_version')),
    sa.ForeignKeyConstraint(['partner_id'], ['pilot_partner.id'], name=op.f('fk_pilot_metric_partner_id_pilot_partner')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_pilot_metric_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['signed_by_id'], ['person.id'], name=op.f('fk_pilot_metric_signed_by_id_person')),
    sa.ForeignKeyConstraint(['twin_of_id'], ['pilot_metric.id'], name=op.f('fk_pilot_metric_twin_of_id_pilot_metric')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pilot_metric')),
    sa.UniqueConstraint('pilot_id', 'metric_version_id', name=op.f('uq_pilot_metric_pilot_id_metric_version_id'))
    )
    with op.batch_alter_table('pilot_metric', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pilot_metric_metric_version_id'), ['metric_version_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_metric_partner_id'), ['partner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pilot_metric_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('recommendation_record',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('evidence_id', sa.Uuid(), nullable=False),
    sa.Column('evidence_sha256', sa.String(length=64), nullable=False),
    sa.Column('verdict', sa.Enum('SCALE', 'ITERATE', 'STOP', 'NOT_YET', 'INVALID', name='verdict', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('rule_version', sa.String(length=40), nullable=False),
    sa.Column('canonical', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_recommendation_record_sha256_length')),
    sa.CheckConstraint('row >= 0', name=op.f('ck_recommendation_record_row_not_negative')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence_record.id'], name=op.f('fk_recommendation_record_evidence_id_evidence_record')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_recommendation_record_pilot_id_pilot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recommendation_record')),
    sa.UniqueConstraint('evidence_id', 'sha256', name=op.f('uq_recommendation_record_evidence_id_sha256'))
    )
    with op.batch_alter_table('recommendation_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recommendation_record_evidence_id'), ['evidence_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_recommendation_record_pilot_id'), ['pilot_id'], unique=False)

    op.create_table('review',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('evidence_id', sa.Uuid(), nullable=False),
    sa.Column('evidence_sha256', sa.String(length=64), nullable=False),
    sa.Column('reviewer_id', sa.Uuid(), nullable=False),
    sa.Column('partner_id', sa.Uuid(), nullable=True),
    sa.Column('pilot_metric_id', sa.Uuid(), nullable=True),
    sa.Column('stance', sa.Enum('endorse', 'concern', 'object', name='stance', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("stance = 'endorse' OR reason <> ''", name=op.f('ck_review_has_reason')),
    sa.CheckConstraint('length(evidence_sha256) = 64', name=op.f('ck_review_sha256_length')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence_record.id'], name=op.f('fk_review_evidence_id_evidence_record')),
    sa.ForeignKeyConstraint(['partner_id'], ['pilot_partner.id'], name=op.f('fk_review_partner_id_pilot_partner')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_review_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['pilot_metric_id'], ['pilot_metric.id'], name=op.f('fk_review_pilot_metric_id_pilot_metric')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['person.id'], name=op.f('fk_review_reviewer_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_evidence_id'), ['evidence_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_pilot_id'), ['pilot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_review_reviewer_id'), ['reviewer_id'], unique=False)

    op.create_table('signature',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('plan_sha256', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('capacity', sa.Enum('owner', 'sponsor', 'partner', name='capacity', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('state', sa.Enum('signed', 'declined', 'delegated', 'unsigned_on_record', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('partner_id', sa.Uuid(), nullable=True),
    sa.Column('pilot_metric_id', sa.Uuid(), nullable=True),
    sa.Column('guardrail_class', sa.Enum('PROVE', 'WATCH', name='guardrail_class', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('margin', sa.Float(), nullable=True),
    sa.Column('delegated_to_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'delegated') = (delegated_to_id IS NOT NULL)", name=op.f('ck_signature_delegate_named')),
    sa.CheckConstraint("capacity <> 'partner' OR partner_id IS NOT NULL", name=op.f('ck_signature_partner_named')),
    sa.CheckConstraint("state NOT IN ('declined', 'unsigned_on_record') OR reason <> ''", name=op.f('ck_signature_has_reason')),
    sa.CheckConstraint('length(plan_sha256) = 64', name=op.f('ck_signature_sha256_length')),
    sa.CheckConstraint('margin > 0', name=op.f('ck_signature_margin_positive')),
    sa.ForeignKeyConstraint(['delegated_to_id'], ['person.id'], name=op.f('fk_signature_delegated_to_id_person')),
    sa.ForeignKeyConstraint(['partner_id'], ['pilot_partner.id'], name=op.f('fk_signature_partner_id_pilot_partner')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_signature_person_id_person')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_signature_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['pilot_metric_id'], ['pilot_metric.id'], name=op.f('fk_signature_pilot_metric_id_pilot_metric')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan_record.id'], name=op.f('fk_signature_plan_id_plan_record')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signature'))
    )
    with op.batch_alter_table('signature', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signature_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signature_pilot_id'), ['pilot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_signature_plan_id'), ['plan_id'], unique=False)

    op.create_table('decision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pilot_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.Uuid(), nullable=False),
    sa.Column('recommendation_id', sa.Uuid(), nullable=False),
    sa.Column('evidence_sha256', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('decided', 'sent_back', 'deferred', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('recommended', sa.Enum('SCALE', 'ITERATE', 'STOP', 'NOT_YET', 'INVALID', name='recommended', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('verdict', sa.Enum('SCALE', 'ITERATE', 'STOP', 'NOT_YET', 'INVALID', name='verdict', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('scope', sa.Enum('full', 'staged', 'limited', name='scope', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('mode', sa.Enum('EXTEND', 'REDESIGN', name='mode', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('overrules', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by_id', sa.Uuid(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('second_approver_id', sa.Uuid(), nullable=True),
    sa.Column('conditions', sa.Text(), nullable=False),
    sa.Column('commitments', sa.Text(), nullable=False),
    sa.Column('hindsight_on', sa.Date(), nullable=True),
    sa.CheckConstraint("(kind = 'decided') = (verdict IS NOT NULL)", name=op.f('ck_decision_verdict_when_decided')),
    sa.CheckConstraint("overrules = false OR (reason <> '' AND second_approver_id IS NOT NULL)", name=op.f('ck_decision_overrule_has_reason')),
    sa.CheckConstraint("verdict IN ('SCALE', 'ITERATE', 'STOP')", name=op.f('ck_decision_verdict_decidable')),
    sa.CheckConstraint('length(evidence_sha256) = 64', name=op.f('ck_decision_sha256_length')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_decision_number_positive')),
    sa.CheckConstraint('second_approver_id <> decided_by_id', name=op.f('ck_decision_two_people')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_decision_decided_by_id_person')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence_record.id'], name=op.f('fk_decision_evidence_id_evidence_record')),
    sa.ForeignKeyConstraint(['pilot_id'], ['pilot.id'], name=op.f('fk_decision_pilot_id_pilot')),
    sa.ForeignKeyConstraint(['recommendation_id'], ['recommendation_record.id'], name=op.f('fk_decision_recommendation_id_recommendation_record')),
    sa.ForeignKeyConstraint(['second_approver_id'], ['person.id'], name=op.f('fk_decision_second_approver_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision')),
    sa.UniqueConstraint('pilot_id', 'number', name=op.f('uq_decision_pilot_id_number'))
    )
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decision_decided_by_id'), ['decided_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_decision_pilot_id'), ['pilot_id'], unique=False)

    op.execute("INSERT INTO log_head (id, seq, hash) VALUES (1, 0, '" + "0" * 64 + "')")
