import { sql } from 'kysely';
import { accountKeys } from '../account-keys.ts';
import { autoId, int, text } from '../dialect.ts';
import type { Migration } from '../migration.ts';
import type { Transaction } from '../transaction.ts';

const BATCH = 1000;
/** What a list may be filtered by. */
const FILTERED = sql`search_key, kind, system_role, organization_role, locked_at, disabled_at, expires_at, service_id`;

/** Every field of the accounts' forms, sessions, user groups, system settings, and versions of what is edited. */
export const migration0003: Migration = {
  name: '0003-account-administration',
  async up(tx, engine) {
    const t = text(engine);
    const i = int(engine);
    const id = autoId(engine);
    const { schema } = tx;

    const add = async (table: string, column: string, type: 'text' | 'int', defaultTo?: string | number) => {
      await schema
        .alterTable(table)
        .addColumn(column, type === 'text' ? t : i, (c) =>
          defaultTo === undefined ? c : c.notNull().defaultTo(defaultTo),
        )
        .execute();
    };

    await add('accounts', 'version', 'int', 1);
    // User name, names and pseudonym as they are searched; see `searchKey`.
    await add('accounts', 'search_key', 'text', '');
    // Names as they are sorted.
    await add('accounts', 'name_key', 'text', '');
    await add('accounts', 'time_zone', 'text');
    await add('accounts', 'log_out_after_minutes', 'int');
    await add('accounts', 'summary_email_time', 'text');
    await add('accounts', 'password_reset_required', 'int', 0);
    await add('accounts', 'mfa_reset_required', 'int', 0);
    await add('accounts', 'terms_acceptance_required', 'int', 0);
    await add('accounts', 'custom_tql_timeout_ms', 'int');
    await add('accounts', 'include_in_observations', 'int', 0);
    await add('accounts', 'exceed_api_link_limit', 'int', 0);
    await add('accounts', 'password_changed_at', 'int');
    await writeKeys(tx);
    await schema
      .createIndex('accounts_seats')
      .on('accounts')
      .columns(['kind', 'organization_id'])
      .where(sql<boolean>`deleted_at is null`)
      .execute();
    // One for each order of the list, so that a page costs the same on 100,000 accounts as on 100. A search or a filter
    // walks one of them from where the page begins, and reads only the accounts that it finds.
    for (const [name, columns] of [
      ['accounts_by_user_name', sql`organization_id, user_name_key, id, ${FILTERED}`],
      ['accounts_by_name', sql`organization_id, name_key, id, ${FILTERED}`],
      ['accounts_by_last_use', sql`organization_id, coalesce(last_used_at, 0), id, ${FILTERED}`],
      ['accounts_by_creation', sql`organization_id, id, ${FILTERED}`],
    ] as const) {
      await schema
        .createIndex(name)
        .on('accounts')
        .expression(columns)
        .where(sql<boolean>`deleted_at is null`)
        .execute();
    }
    await schema
      .createIndex('accounts_administrators')
      .on('accounts')
      .columns(['system_role', 'organization_id'])
      .where(sql<boolean>`deleted_at is null and system_role in ('Administrator')`)
      .execute();
    await schema
      .createIndex('accounts_organization_administrators')
      .on('accounts')
      .columns(['organization_id', 'id'])
      .where(sql<boolean>`deleted_at is null and organization_role = 'Organization Administrator'`)
      .execute();

    // The end of a secret, for a person to tell one from another; the public part of a key pair.
    await add('credentials', 'hint', 'text');

    await schema
      .createTable('sessions')
      .addColumn('hash', t, (c) => c.primaryKey())
      .addColumn('id', t, (c) => c.notNull().unique())
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('credential_version', i, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('last_seen_at', i, (c) => c.notNull())
      .addColumn('expires_at', i, (c) => c.notNull())
      .addColumn('address', t)
      .addColumn('user_agent', t)
      .execute();
    await schema.createIndex('sessions_by_account').on('sessions').column('account_id').execute();
    await schema.createIndex('sessions_by_end').on('sessions').column('expires_at').execute();

    await schema
      .createTable('user_groups')
      .addColumn('id', i, id)
      .addColumn('organization_id', i, (c) => c.notNull().references('organizations.owner_id'))
      .addColumn('name', t, (c) => c.notNull())
      .addColumn('name_key', t, (c) => c.notNull())
      .addColumn('description', t)
      .addColumn('version', i, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addUniqueConstraint('user_groups_name', ['organization_id', 'name_key'])
      .execute();
    await schema
      .createTable('user_group_members')
      .addColumn('group_id', i, (c) => c.notNull().references('user_groups.id'))
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addPrimaryKeyConstraint('user_group_members_key', ['group_id', 'account_id'])
      .execute();
    await schema
      .createIndex('user_group_members_by_account')
      .on('user_group_members')
      .column('account_id')
      .execute();

    await schema
      .createTable('system_settings')
      .addColumn('name', t, (c) => c.primaryKey())
      .addColumn('value', t, (c) => c.notNull())
      .addColumn('version', i, (c) => c.notNull())
      .addColumn('changed_at', i, (c) => c.notNull())
      .addColumn('changed_by', t, (c) => c.notNull())
      .execute();

    // The key of an organization's recoverable secrets, wrapped by the master key. Without its row they are lost for good.
    await schema
      .createTable('data_keys')
      .addColumn('organization_id', i, (c) => c.primaryKey().references('organizations.owner_id'))
      .addColumn('wrapped', t, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .execute();

    await add('instance', 'version', 'int', 1);
    await add('organizations', 'version', 'int', 1);
    await add('organizations', 'disabled_at', 'int');
    await add('organizations', 'allow_pseudonym_change', 'int', 0);
    await add('organizations', 'read_only_users_allowed', 'int', 1);
    await add('owners', 'version', 'int', 1);
    await add('owners', 'description', 'text');
    // 1 = members see each other by pseudonym only.
    await add('owners', 'anonymous', 'int', 1);
    await add('taxii_services', 'version', 'int', 1);
    await add('collections', 'version', 'int', 1);
    await schema
      .createIndex('taxii_services_by_responsible')
      .on('taxii_services')
      .column('responsible_account_id')
      .execute();
    await schema
      .createIndex('collections_by_responsible')
      .on('collections')
      .column('responsible_account_id')
      .execute();
  },
};

/** Fills the keys of accounts that exist. */
async function writeKeys(tx: Transaction): Promise<void> {
  for (let last = 0; ; ) {
    const rows = await tx
      .selectFrom('accounts')
      .select(['id', 'user_name', 'first_name', 'last_name', 'pseudonym'])
      .where('id', '>', last)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    for (const row of rows) {
      last = row.id;
      await tx.updateTable('accounts').set(accountKeys(row)).where('id', '=', row.id).execute();
    }
    if (rows.length < BATCH) return;
  }
}
