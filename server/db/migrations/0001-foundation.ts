import { sql } from 'kysely';
import { autoId, int, text } from '../dialect.ts';
import type { Migration } from '../migration.ts';

/** Owners, accounts, TAXII services, collections, the exchange store, audit. */
export const migration0001: Migration = {
  name: '0001-foundation',
  async up(tx, engine) {
    const t = text(engine);
    const i = int(engine);
    const id = autoId(engine);
    const { schema } = tx;

    await schema
      .createTable('instance')
      .addColumn('id', i, (c) => c.primaryKey().check(sql`id = 1`))
      .addColumn('max_users', i, (c) => c.notNull())
      .addColumn('max_api_users', i, (c) => c.notNull())
      .addColumn('max_taxii_users', i, (c) => c.notNull())
      .addColumn('api_users_allowed', i, (c) => c.notNull())
      .addColumn('read_only_users_allowed', i, (c) => c.notNull())
      .addColumn('setup_code_hash', t)
      .addColumn('created_at', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('owners')
      .addColumn('id', i, id)
      .addColumn('kind', t, (c) => c.notNull())
      .addColumn('name', t, (c) => c.notNull())
      .addColumn('name_key', t, (c) => c.notNull().unique())
      .addColumn('last_stamp', i, (c) => c.notNull())
      .addColumn('change_counter', i, (c) => c.notNull())
      .addColumn('largest_object', i, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('organizations')
      .addColumn('owner_id', i, (c) => c.primaryKey().references('owners.id'))
      .addColumn('max_users', i, (c) => c.notNull())
      .addColumn('max_api_users', i, (c) => c.notNull())
      .addColumn('max_taxii_users', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('memberships')
      .addColumn('owner_id', i, (c) => c.notNull().references('owners.id'))
      .addColumn('organization_id', i, (c) => c.notNull().references('organizations.owner_id'))
      .addColumn('default_role', t, (c) => c.notNull())
      .addPrimaryKeyConstraint('memberships_key', ['owner_id', 'organization_id'])
      .execute();
    await schema
      .createIndex('memberships_by_organization')
      .on('memberships')
      .column('organization_id')
      .execute();

    await schema
      .createTable('taxii_services')
      .addColumn('id', i, id)
      .addColumn('name', t, (c) => c.notNull())
      .addColumn('name_key', t, (c) => c.notNull().unique())
      .addColumn('path', t, (c) => c.notNull().unique())
      .addColumn('title', t, (c) => c.notNull())
      .addColumn('description', t)
      .addColumn('all_organizations', i, (c) => c.notNull())
      .addColumn('default_page_size', i, (c) => c.notNull())
      .addColumn('max_page_size', i, (c) => c.notNull())
      .addColumn('max_page_bytes', i, (c) => c.notNull())
      .addColumn('max_content_length', i, (c) => c.notNull())
      .addColumn('strict', i, (c) => c.notNull())
      .addColumn('responsible_account_id', i)
      .addColumn('created_at', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('taxii_service_organizations')
      .addColumn('service_id', i, (c) => c.notNull().references('taxii_services.id'))
      .addColumn('organization_id', i, (c) => c.notNull().references('organizations.owner_id'))
      .addPrimaryKeyConstraint('taxii_service_organizations_key', ['service_id', 'organization_id'])
      .execute();

    await schema
      .createTable('accounts')
      .addColumn('id', i, id)
      .addColumn('kind', t, (c) => c.notNull())
      .addColumn('organization_id', i, (c) => c.notNull().references('organizations.owner_id'))
      .addColumn('user_name', t, (c) => c.notNull())
      .addColumn('user_name_key', t, (c) => c.unique())
      .addColumn('pseudonym', t, (c) => c.notNull().unique())
      .addColumn('first_name', t)
      .addColumn('last_name', t)
      .addColumn('contact_email', t)
      .addColumn('system_role', t, (c) => c.notNull())
      .addColumn('organization_role', t, (c) => c.notNull())
      .addColumn('service_id', i, (c) => c.references('taxii_services.id'))
      .addColumn('narrowed', i, (c) => c.notNull())
      .addColumn('credential_version', i, (c) => c.notNull())
      .addColumn('locked_at', i)
      .addColumn('disabled_at', i)
      .addColumn('deleted_at', i)
      .addColumn('expires_at', i)
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('last_used_at', i)
      .addColumn('last_used_from', t)
      .execute();
    await schema
      .createIndex('accounts_by_organization')
      .on('accounts')
      .columns(['organization_id', 'kind', 'id'])
      .execute();

    await schema
      .createTable('account_roles')
      .addColumn('owner_id', i, (c) => c.notNull().references('owners.id'))
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('role', t, (c) => c.notNull())
      .addPrimaryKeyConstraint('account_roles_key', ['account_id', 'owner_id'])
      .execute();

    await schema
      .createTable('account_allowed_owners')
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('owner_id', i, (c) => c.notNull().references('owners.id'))
      .addPrimaryKeyConstraint('account_allowed_owners_key', ['account_id', 'owner_id'])
      .execute();

    await schema
      .createTable('credentials')
      .addColumn('id', i, id)
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('kind', t, (c) => c.notNull())
      .addColumn('algorithm', t, (c) => c.notNull())
      .addColumn('hash', t, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('expires_at', i)
      .execute();
    await schema
      .createIndex('credentials_by_account')
      .on('credentials')
      .columns(['account_id', 'kind'])
      .execute();
    await schema.createIndex('credentials_by_hash').on('credentials').column('hash').execute();

    await schema
      .createTable('collections')
      .addColumn('id', t, (c) => c.primaryKey())
      .addColumn('owner_id', i, (c) => c.notNull().unique().references('owners.id'))
      .addColumn('description', t)
      .addColumn('writable', i, (c) => c.notNull())
      .addColumn('strict', i, (c) => c.notNull())
      .addColumn('responsible_account_id', i)
      .addColumn('created_at', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('objects')
      .addColumn('id', i, id)
      .addColumn('owner_id', i, (c) => c.notNull())
      .addColumn('date_added', i, (c) => c.notNull())
      .addColumn('stix_id', t, (c) => c.notNull())
      .addColumn('type', t, (c) => c.notNull())
      .addColumn('spec_version', t, (c) => c.notNull())
      .addColumn('version', i, (c) => c.notNull())
      .addColumn('version_text', t, (c) => c.notNull())
      .addColumn('latest', i, (c) => c.notNull())
      .addColumn('revoked', i, (c) => c.notNull())
      .addColumn('added_by', i)
      .addColumn('size', i, (c) => c.notNull())
      .addColumn('content_hash', t)
      // Last, so that the columns before it are read without touching the overflow pages of a large object.
      .addColumn('json', 'text', (c) => c.notNull())
      .execute();
    await schema
      .createIndex('objects_by_date_added')
      .unique()
      .on('objects')
      .columns(['owner_id', 'date_added'])
      .execute();
    await schema
      .createIndex('objects_by_version')
      .unique()
      .on('objects')
      .columns(['owner_id', 'stix_id', 'spec_version', 'version'])
      .execute();
    // Only what has no version of its own has a hash: other objects cost nothing here.
    await schema
      .createIndex('objects_by_content')
      .on('objects')
      .columns(['owner_id', 'stix_id', 'spec_version', 'content_hash'])
      .where(sql<boolean>`content_hash is not null`)
      .execute();
    // The versions of an object in the order of pages. An object with a single version costs nothing here: the newest is
    // found through objects_by_version.
    await schema
      .createIndex('objects_older_by_id')
      .on('objects')
      // With `latest`, SQLite need not look at the rows to walk it.
      .columns(['owner_id', 'stix_id', 'date_added', 'latest'])
      .where(sql<boolean>`latest < 2`)
      .execute();
    await schema
      .createIndex('objects_latest')
      .on('objects')
      .columns(['owner_id', 'date_added'])
      .where(sql<boolean>`latest = 2`)
      .execute();
    await schema
      .createIndex('objects_latest_by_type')
      .on('objects')
      .columns(['owner_id', 'type', 'date_added'])
      .where(sql<boolean>`latest = 2`)
      .execute();
    // Whether a collection holds STIX 2.0, which its resource must say (TAXII 2.1 §5.2.1). Costs nothing for 2.1.
    await schema
      .createIndex('objects_stix_20')
      .on('objects')
      .column('owner_id')
      .where(sql<boolean>`spec_version = '2.0'`)
      .execute();

    await schema
      .createTable('statuses')
      .addColumn('id', t, (c) => c.primaryKey())
      .addColumn('service_id', i, (c) => c.notNull())
      .addColumn('account_id', i, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('json', 'text', (c) => c.notNull())
      .execute();
    await schema.createIndex('statuses_by_age').on('statuses').column('created_at').execute();

    await schema
      .createTable('throttles')
      .addColumn('key', t, (c) => c.primaryKey())
      .addColumn('failures', i, (c) => c.notNull())
      .addColumn('last_failure_at', i, (c) => c.notNull())
      .addColumn('blocked_until', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('known_addresses')
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('address', t, (c) => c.notNull())
      .addColumn('last_seen_at', i, (c) => c.notNull())
      .addPrimaryKeyConstraint('known_addresses_key', ['account_id', 'address'])
      .execute();

    await schema
      .createTable('audit_events')
      .addColumn('id', i, id)
      .addColumn('at', i, (c) => c.notNull())
      .addColumn('organization_id', i)
      .addColumn('actor_account_id', i)
      .addColumn('actor_name', t, (c) => c.notNull())
      .addColumn('action', t, (c) => c.notNull())
      .addColumn('outcome', t, (c) => c.notNull())
      .addColumn('target_kind', t, (c) => c.notNull())
      .addColumn('target_id', t)
      .addColumn('target_name', t)
      .addColumn('details', 'text', (c) => c.notNull())
      .addColumn('source_address', t)
      .addColumn('request_id', t)
      .addColumn('count', i, (c) => c.notNull())
      .execute();
    await schema
      .createIndex('audit_events_by_organization')
      .on('audit_events')
      .columns(['organization_id', 'id'])
      .execute();
  },
};
