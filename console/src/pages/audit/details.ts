/** One line of what an event tells: a value, or what it was before and after. */
export type DetailLine = { name: string; value: string } | { name: string; before: string; after: string };

/** The details of an event as lines that a person reads: changes first, then facts, then what it brought with it. */
export function detailLines(details: Readonly<Record<string, unknown>>): DetailLine[] {
  const { before, after, consequences, ...others } = details;
  const isOfRecords = isRecord(before) && isRecord(after);
  const changes: DetailLine[] = isOfRecords
    ? [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .filter((key) => shown(before[key]) !== shown(after[key]))
        .map((key) => ({ name: fieldText(key), before: shown(before[key]), after: shown(after[key]) }))
    : 'before' in details && 'after' in details
      ? [{ name: 'Value', before: shown(before), after: shown(after) }]
      : [];
  const rest: DetailLine[] = Object.entries(others).map(([key, value]) =>
    isChange(value)
      ? { name: fieldText(key), before: shown(value.before), after: shown(value.after) }
      : { name: fieldText(key), value: shown(value) },
  );
  const came: DetailLine[] =
    consequences === undefined ? [] : [{ name: 'What came of it', value: shown(consequences) }];
  const isOfChange = (line: DetailLine) => 'before' in line;
  return [...changes, ...rest.filter(isOfChange), ...rest.filter((line) => !isOfChange(line)), ...came];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isChange(value: unknown): value is { before: unknown; after: unknown } {
  return isRecord(value) && Object.keys(value).every((key) => key === 'before' || key === 'after');
}

/** A value as text: nested ones as "name: value". */
function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shown).join(', ');
  return Object.entries(value)
    .map(([key, each]) => `${fieldText(key)}: ${shown(each)}`)
    .join('; ');
}

const FIELD_TEXTS: Readonly<Record<string, string>> = {
  systemRole: 'System role',
  organizationRole: 'Organization role',
  customTqlTimeoutMs: 'Custom TQL timeout (ms)',
  mfaResetRequired: 'Second factor to be set up',
  passwordResetRequired: 'New password required',
  termsOfServiceAcceptanceRequired: 'Terms of service to be accepted',
  onlyOwners: 'Sees only',
  apiKey: 'With an API key',
  apiUsers: 'API users',
  taxiiUsers: 'TAXII users',
  totp: 'Authenticator app',
  code: 'Refused because',
};

/** `expiresAt` as `Expires at`. */
function fieldText(key: string): string {
  const known = FIELD_TEXTS[key];
  if (known !== undefined) return known;
  const words = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
