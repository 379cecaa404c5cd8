import type { AccountForm } from '../../../../contract/account-forms.ts';
import { KINDS, type PasswordChoice, type Value } from './account-form.ts';

type Creation = {
  form: AccountForm;
  /** Of the request, without a password. */
  body: Readonly<Record<string, Value>>;
  password: PasswordChoice;
};

/** What stands in place of something that is not filled in yet. */
const BLANK = '…';

/** The command that does the same: exactly the options of `./taxiway <kind> create`. */
export function commandOf({ form, body, password }: Creation): string {
  const { noun } = KINDS[form.kind];
  const { email, userName, ...rest } = body;
  const named = form.kind === 'api' ? [] : [quoted(String(email ?? userName ?? BLANK))];
  const options = Object.entries(rest).flatMap(([name, value]) => optionOf(form, name, value));
  if (password === 'typed') options.push('--password-stdin');
  const line = [
    [`./taxiway ${noun} create`, ...named].join(' '),
    `--organization ${quoted(form.organization.name)}`,
    ...options,
  ];
  return line.join(line.join(' ').length > 90 ? ' \\\n  ' : ' ');
}

function optionOf(form: AccountForm, name: string, value: Value): string[] {
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (value === true) return [`--${option}`];
  if (value === false) return [`--no-${option}`];
  // On the command line things are called by their names.
  const named = { groups: form.groups, onlyOwners: form.owners, service: form.services }[name] ?? [];
  const nameOf = (id: Value) => named.find((one) => one.id === id)?.name ?? String(id);
  if (Array.isArray(value)) return value.map((id) => `--${option} ${quoted(nameOf(id))}`);
  return [`--${option} ${quoted(nameOf(value))}`];
}

/** The request that does the same, with an API user's token. */
export function requestOf({ form, body, password }: Creation, origin: string): string {
  const { method, path } = KINDS[form.kind].endpoint;
  const shown = password === 'typed' ? { ...body, password: BLANK } : body;
  const json = JSON.stringify(shown, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl -sS -X ${method} ${origin}/rest/v1${path.replace(':organization', String(form.organization.id))} \\`,
    '  -H "Authorization: TC-Token $TAXIWAY_TOKEN" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '${json}'`,
  ].join('\n');
}

/** For a POSIX shell: as it stands where that is safe, else between single quotes. */
function quoted(text: string): string {
  return text === BLANK || /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
