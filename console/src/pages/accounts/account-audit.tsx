import type { AccountDetails } from '../../../../contract/accounts.ts';
import { AuditTrail } from '../audit/audit-trail.tsx';

/** What was done to the account, and by it. */
export function AccountAudit({ account }: { account: AccountDetails }) {
  return (
    <AuditTrail
      scope={{ organization: String(account.organization.id), about: String(account.id) }}
      label={`Audit trail about ${account.userName}`}
    />
  );
}
