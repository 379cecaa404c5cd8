import { int } from '../dialect.ts';
import type { Migration } from '../migration.ts';

/**
 * Owners that were deleted keep their row: deleted accounts and the audit trail refer to them, and their ids are not
 * given again. Their name is free.
 */
export const migration0004: Migration = {
  name: '0004-deleted-owners',
  async up(tx, engine) {
    await tx.schema.alterTable('owners').addColumn('deleted_at', int(engine)).execute();
  },
};
