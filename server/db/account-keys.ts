import { nameKey } from '../../contract/names.ts';

/** The columns that follow from the names of an account: what it is sorted by, and what a search looks in. */
export function accountKeys(row: {
  user_name: string;
  first_name: string | null;
  last_name: string | null;
  pseudonym: string;
}): { search_key: string; name_key: string } {
  const first = row.first_name ?? '';
  const last = row.last_name ?? '';
  return {
    name_key: nameKey(`${last} ${first}`.trim() || row.user_name),
    search_key: nameKey([row.user_name, `${first} ${last}`, row.pseudonym].join('\n')),
  };
}
