import type { Migration } from '../migration.ts';

/** The order in which members are listed where profile anonymity is on. */
export const migration0005: Migration = {
  name: '0005-members-by-pseudonym',
  async up(tx) {
    await tx.schema
      .createIndex('accounts_by_pseudonym')
      .on('accounts')
      .columns(['organization_id', 'pseudonym'])
      .execute();
  },
};
