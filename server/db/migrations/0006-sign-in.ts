import { sql } from 'kysely';
import { autoId, int, text } from '../dialect.ts';
import type { Migration } from '../migration.ts';

/** Second factors, required actions, one-time links, mail, terms of service, and what machine credentials may be bound to. */
export const migration0006: Migration = {
  name: '0006-sign-in',
  async up(tx, engine) {
    const t = text(engine);
    const i = int(engine);
    const id = autoId(engine);
    const { schema } = tx;

    const add = async (table: string, column: string, type: typeof t | typeof i, defaultTo?: number) => {
      await schema
        .alterTable(table)
        .addColumn(column, type, (c) => (defaultTo === undefined ? c : c.notNull().defaultTo(defaultTo)))
        .execute();
    };

    await add('accounts', 'authenticator_since', i);
    await add('accounts', 'terms_accepted_version', i);
    await add('accounts', 'expiry_reminded_days', i);
    await add('credentials', 'last_used_at', i);
    await add('credentials', 'last_used_from', t);
    await add('credentials', 'allowed_networks', t);
    await add('credentials', 'read_only', i, 0);
    await add('credentials', 'signed_body_required', i, 0);
    await add('credentials', 'reminded_days', i);
    await schema.createIndex('credentials_by_end').on('credentials').column('expires_at').execute();

    // Nobody has shown a second factor in them: everybody signs in anew.
    await tx.deleteFrom('sessions').execute();
    await add('sessions', 'second_factor', t);
    await add('sessions', 'restricted_until', i);
    await add('sessions', 'verified_at', i, 0);

    await schema
      .createTable('authenticators')
      .addColumn('id', i, id)
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('sealed', t, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('confirmed_at', i)
      .addColumn('last_step', i, (c) => c.notNull())
      .execute();
    await schema.createIndex('authenticators_by_account').on('authenticators').column('account_id').execute();

    await schema
      .createTable('passkeys')
      .addColumn('id', i, id)
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('credential_id', t, (c) => c.notNull().unique())
      .addColumn('public_key', t, (c) => c.notNull())
      .addColumn('counter', i, (c) => c.notNull())
      .addColumn('transports', t, (c) => c.notNull())
      .addColumn('name', t, (c) => c.notNull())
      .addColumn('aaguid', t)
      .addColumn('backed_up', i, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('last_used_at', i)
      .execute();
    await schema.createIndex('passkeys_by_account').on('passkeys').column('account_id').execute();

    await schema
      .createTable('recovery_codes')
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('hash', t, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('used_at', i)
      .addPrimaryKeyConstraint('recovery_codes_key', ['account_id', 'hash'])
      .execute();

    await schema
      .createTable('challenges')
      .addColumn('id', t, (c) => c.primaryKey())
      .addColumn('account_id', i, (c) => c.references('accounts.id'))
      .addColumn('purpose', t, (c) => c.notNull())
      .addColumn('challenge', t, (c) => c.notNull())
      .addColumn('expires_at', i, (c) => c.notNull())
      .execute();
    await schema.createIndex('challenges_by_end').on('challenges').column('expires_at').execute();

    await schema
      .createTable('one_time_links')
      .addColumn('id', t, (c) => c.primaryKey())
      .addColumn('hash', t, (c) => c.notNull().unique())
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('purpose', t, (c) => c.notNull())
      .addColumn('email', t, (c) => c.notNull())
      .addColumn('created_by', i, (c) => c.references('accounts.id'))
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('expires_at', i, (c) => c.notNull())
      .execute();
    await schema
      .createIndex('one_time_links_by_account')
      .on('one_time_links')
      .columns(['account_id', 'purpose'])
      .execute();

    await schema
      .createTable('outbox')
      .addColumn('id', i, id)
      .addColumn('account_id', i, (c) => c.references('accounts.id'))
      .addColumn('organization_id', i, (c) => c.references('organizations.owner_id'))
      .addColumn('purpose', t, (c) => c.notNull())
      .addColumn('recipient', t, (c) => c.notNull())
      .addColumn('sealed', t)
      .addColumn('created_at', i, (c) => c.notNull())
      .addColumn('attempts', i, (c) => c.notNull())
      .addColumn('next_attempt_at', i, (c) => c.notNull())
      .addColumn('claimed_until', i, (c) => c.notNull())
      .addColumn('sent_at', i)
      .addColumn('failed_at', i)
      .addColumn('error', t)
      .execute();
    await schema
      .createIndex('outbox_due')
      .on('outbox')
      .column('next_attempt_at')
      .where(sql<boolean>`sent_at is null and failed_at is null`)
      .execute();
    // A mail goes with its link: whoever is invited in an import of thousands does not wait for a look through the whole outbox.
    await schema
      .createIndex('outbox_unsent_by_account')
      .on('outbox')
      .column('account_id')
      .where(sql<boolean>`sent_at is null`)
      .execute();

    await schema
      .createTable('terms_of_service')
      .addColumn('version', i, (c) => c.primaryKey())
      .addColumn('text', t, (c) => c.notNull())
      .addColumn('published_at', i, (c) => c.notNull())
      .addColumn('published_by', t, (c) => c.notNull())
      .addColumn('must_be_accepted', i, (c) => c.notNull())
      .execute();
    await schema
      .createTable('terms_acceptances')
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('version', i, (c) => c.notNull().references('terms_of_service.version'))
      .addColumn('accepted_at', i, (c) => c.notNull())
      .addColumn('source_address', t)
      .addPrimaryKeyConstraint('terms_acceptances_key', ['account_id', 'version'])
      .execute();

    await schema
      .createTable('password_history')
      .addColumn('id', i, id)
      .addColumn('account_id', i, (c) => c.notNull().references('accounts.id'))
      .addColumn('hash', t, (c) => c.notNull())
      .addColumn('created_at', i, (c) => c.notNull())
      .execute();
    await schema
      .createIndex('password_history_by_account')
      .on('password_history')
      .column('account_id')
      .execute();

    await schema
      .createTable('master_keys')
      .addColumn('key_id', t, (c) => c.primaryKey())
      .addColumn('short_id', t, (c) => c.notNull())
      .addColumn('public_key', t, (c) => c.notNull())
      .addColumn('seal', t, (c) => c.notNull())
      .addColumn('used_since', i, (c) => c.notNull())
      .execute();

    await schema
      .createTable('signature_nonces')
      .addColumn('key', t, (c) => c.primaryKey())
      .addColumn('expires_at', i, (c) => c.notNull())
      .execute();
    await schema.createIndex('signature_nonces_by_end').on('signature_nonces').column('expires_at').execute();
  },
};
