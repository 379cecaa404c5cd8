import type { PasskeyView } from '../../../contract/authenticators.ts';
import { formatTimestamp, type Micros } from '../../protocols/timestamp.ts';

/** A passkey as its person sees it. */
export function passkeyView(row: {
  id: number;
  name: string;
  created_at: Micros;
  last_used_at: Micros | null;
  backed_up: number;
}): PasskeyView {
  return {
    id: row.id,
    name: row.name,
    createdAt: formatTimestamp(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : formatTimestamp(row.last_used_at),
    backedUp: row.backed_up === 1,
  };
}
