import { editAccountEndpoint } from '../../../../contract/account-endpoints.ts';
import type { AccountEditForm, AccountForm } from '../../../../contract/account-forms.ts';
import { isEmpty, KINDS, type PasswordChoice, type Value } from './account-form.ts';

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
  return lineOf([
    [`./taxiway ${noun} create`, ...named].join(' '),
    `--organization ${quoted(form.organization.name)}`,
    ...options,
  ]);
}

type Edit = {
  form: AccountEditForm;
  userName: string;
  changes: Readonly<Record<string, Value>>;
  /** From which it is made: it is refused where there is a newer one. */
  version: number;
};

/** The command that makes the same edit. */
export function editCommandOf({ form, userName, changes, version }: Edit): string {
  return lineOf([
    `./taxiway ${KINDS[form.account.kind].noun} edit ${quoted(userName)}`,
    ...Object.entries(changes).flatMap(([name, value]) => optionOf(form, name, value)),
    `--if-version ${version}`,
  ]);
}

/** The request that makes the same edit, with an API user's token. */
export function editRequestOf({ form, changes, version }: Edit, origin: string): string {
  const path = editAccountEndpoint.path.replace(':account', String(form.account.id));
  return curlOf(editAccountEndpoint.method, `${origin}/rest/v1${path}`, { ...changes, version });
}

const lineOf = (parts: readonly string[]) => parts.join(parts.join(' ').length > 90 ? ' \\\n  ' : ' ');

type Choices = Pick<AccountForm, 'groups' | 'owners' | 'services'>;

function optionOf(form: Choices, name: string, value: Value): string[] {
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  // What cannot be cleared is to be filled in: no option clears it.
  if (value === '') return [`--${option} ${BLANK}`];
  if (value === true) return [`--${option}`];
  if (value === false || isEmpty(value)) return [`--no-${option}`];
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
  return curlOf(
    method,
    `${origin}/rest/v1${path.replace(':organization', String(form.organization.id))}`,
    shown,
  );
}

function curlOf(method: string, url: string, body: object): string {
  const json = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl -sS -X ${method} ${url} \\`,
    '  -H "Authorization: TC-Token $TAXIWAY_TOKEN" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '${json}'`,
  ].join('\n');
}

/** For a POSIX shell: as it stands where that is safe, else between single quotes. */
function quoted(text: string): string {
  return text === BLANK || /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
