/** What one check found. A problem needs somebody to act; a warning may be as it should. */
export type Finding = { check: string; status: 'ok' | 'warning' | 'problem'; message: string };

const OLDEST_POSTGRES = 15;
const NO_SPACE = 100_000_000;
const LITTLE_SPACE = 1_000_000_000;
const CLOCK_TOLERANCE_MICROS = 60_000_000;
const NAMED = 5;

const finding = (check: string, status: Finding['status'], message: string): Finding => ({
  check,
  status,
  message,
});

/** Names a few of what is wrong. */
function some(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** Permission bits of a folder or file, as `stat` gives them. */
export function judgeFolder(folder: string, mode: number): Finding {
  return (mode & 0o077) === 0
    ? finding('data folder', 'ok', `${folder} is open to its owner only`)
    : finding(
        'data folder',
        'warning',
        `${folder} is open to others (${octal(mode)}): it holds hashes of credentials; chmod 700`,
      );
}

export function judgeKeyFile(file: string, mode: number, keys: number): Finding {
  return (mode & 0o077) === 0
    ? finding('master key', 'ok', `${file} holds ${plural(keys, 'key')}, open to its owner only`)
    : finding('master key', 'problem', `${file} is open to others (${octal(mode)}): chmod 600`);
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `fault`: what is wrong with the file, without a subject; undefined where nothing is. */
export function judgeBreachedList(file: string, fault: string | undefined): Finding {
  return fault === undefined
    ? finding('breached passwords', 'ok', `${file} is a sorted list`)
    : finding('breached passwords', 'warning', `${file} ${fault}: passwords are not looked for in it`);
}

/** `free` in octets. */
export function judgeSpace(free: number, folder: string): Finding {
  const status = free < NO_SPACE ? 'problem' : free < LITTLE_SPACE ? 'warning' : 'ok';
  return finding('disk space', status, `${Math.floor(free / 1e6)} MB are free where ${folder} is`);
}

/** `number` as `server_version_num` gives it, e.g. 150004. */
export function judgePostgresVersion(version: string, number: number): Finding {
  return Math.floor(number / 10_000) >= OLDEST_POSTGRES
    ? finding('engine version', 'ok', `PostgreSQL ${version}`)
    : finding('engine version', 'problem', `PostgreSQL ${version} is older than ${OLDEST_POSTGRES}`);
}

export function judgeEncoding(encoding: string): Finding {
  return encoding === 'UTF8'
    ? finding('encoding', 'ok', 'UTF8')
    : finding('encoding', 'problem', `the database is in ${encoding}; it must be created with UTF8`);
}

/** Settings of PostgreSQL without which a power cut loses what was acknowledged. */
export function judgePostgresDurability(settings: Readonly<Record<string, string>>): Finding {
  const off = Object.entries(settings)
    .filter(([, value]) => value === 'off')
    .map(([name]) => name);
  return off.length === 0
    ? finding('durability', 'ok', 'every commit is on the disk before it is acknowledged')
    : finding(
        'durability',
        'warning',
        `a power cut may lose what was acknowledged: ${off.join(', ')} is off`,
      );
}

/** `synchronous` as SQLite numbers it: 2 = full. */
export function judgeSqliteDurability(journalMode: string, synchronous: number): Finding {
  if (journalMode !== 'wal') {
    return finding(
      'durability',
      'problem',
      `the journal is in mode "${journalMode}" instead of WAL: the data folder must be on a local disk`,
    );
  }
  return synchronous >= 2
    ? finding('durability', 'ok', 'WAL, and every commit is on the disk before it is acknowledged')
    : finding('durability', 'problem', 'a power cut may lose what was acknowledged: synchronous is not FULL');
}

/** `found` = 0 for a database without any of our tables. */
export function judgeSchema(found: number, known: number): Finding {
  if (found === known) return finding('schema version', 'ok', `${found}`);
  if (found > known) {
    return finding(
      'schema version',
      'problem',
      `the data has version ${found} and this Taxiway knows versions up to ${known}: a newer Taxiway wrote it`,
    );
  }
  const what = found === 0 ? 'the database is empty' : `the data has version ${found} of ${known}`;
  return finding('schema version', 'problem', `${what}: "taxiway migrate" brings it to this version`);
}

/** What SQLite's `quick_check` says: one line "ok", or what is broken. */
export function judgeIntegrity(lines: readonly string[]): Finding {
  return lines.length === 1 && lines[0] === 'ok'
    ? finding('integrity', 'ok', 'the file is sound')
    : finding('integrity', 'problem', `the file is damaged; restore a backup: ${some(lines)}`);
}

/** Tables with rows that refer to rows that do not exist. */
export function judgeReferences(tables: readonly string[]): Finding {
  return tables.length === 0
    ? finding('references', 'ok', 'every row refers to rows that exist')
    : finding('references', 'problem', `rows refer to rows that do not exist, in ${some(tables)}`);
}

/** Owners that gave an object a stamp after the last that they remember having given. */
export function judgeStamps(owners: readonly string[]): Finding {
  return owners.length === 0
    ? finding('stamps', 'ok', 'no owner will give a date_added twice')
    : finding('stamps', 'problem', `objects are newer than the last stamp, in ${some(owners)}`);
}

/** Objects with no newest version or with several. */
export function judgeLatest(owners: readonly { name: string; objects: number }[]): Finding {
  return owners.length === 0
    ? finding('versions', 'ok', 'every object has one newest version')
    : finding(
        'versions',
        'problem',
        `objects without exactly one newest version: ${some(owners.map(({ name, objects }) => `${objects} in ${name}`))}`,
      );
}

export type SampledObject = {
  id: number;
  stix_id: string;
  type: string;
  size: number;
  octets: number;
  json: string;
  /** What its owner remembers as the size of the largest object. */
  largest_object: number;
};

/** Whether stored objects are what their columns say. */
export function judgeObjects(samples: readonly SampledObject[]): Finding {
  const wrong = samples.flatMap((sample) => {
    const fault = faultOf(sample);
    return fault === undefined ? [] : [`${sample.stix_id} (${fault})`];
  });
  return wrong.length === 0
    ? finding('objects', 'ok', `${plural(samples.length, 'sampled object')} sound`)
    : finding('objects', 'problem', `objects are not what is stored about them: ${some(wrong)}`);
}

function faultOf(sample: SampledObject): string | undefined {
  if (sample.size !== sample.octets) return 'wrong size';
  if (sample.size > sample.largest_object) return 'larger than the largest';
  let value: unknown;
  try {
    value = JSON.parse(sample.json);
  } catch {
    return 'not JSON';
  }
  const { id, type } = Object(value) as { id?: unknown; type?: unknown };
  return id === sample.stix_id && type === sample.type ? undefined : 'another id or type';
}

export function judgeCollections(ownersWithout: readonly string[]): Finding {
  return ownersWithout.length === 0
    ? finding('collections', 'ok', 'every owner has one')
    : finding('collections', 'problem', `owners without a collection: ${some(ownersWithout)}`);
}

export function judgeServices(usersWithout: readonly string[]): Finding {
  return usersWithout.length === 0
    ? finding('TAXII users', 'ok', 'each is bound to a TAXII service that it may use')
    : finding(
        'TAXII users',
        'problem',
        `bound to no TAXII service that their organization may use: ${some(usersWithout)}`,
      );
}

/** What an account answers for is passed on before it is deleted. */
export function judgeResponsible(heldByDeleted: readonly string[]): Finding {
  return heldByDeleted.length === 0
    ? finding('responsible accounts', 'ok', 'no deleted account answers for anything')
    : finding(
        'responsible accounts',
        'problem',
        `a deleted account answers for ${some(heldByDeleted)}; name another one`,
      );
}

/** What no master key opens is lost with the key that did. */
export function judgeSecrets({ secrets, closed }: { secrets: number; closed: readonly string[] }): Finding {
  return closed.length === 0
    ? finding('secrets', 'ok', `${plural(secrets, 'secret')} opened by the master key`)
    : finding(
        'secrets',
        'problem',
        `none of the master keys opens ${some(closed)}; give the key that they were made under`,
      );
}

/** Without its guard, the audit trail can be changed by every statement; that it was is shown by its verification. */
export function judgeAuditGuard(missing: readonly string[]): Finding {
  return missing.length === 0
    ? finding('audit trail', 'ok', 'the database refuses to change it')
    : finding(
        'audit trail',
        'problem',
        `the database does not refuse to change it: it lacks ${some(missing)}; see "taxiway audit verify"`,
      );
}

/** Seats in use beyond a limit are allowed, and block growth. */
export function judgeSeats(
  seats: readonly { scope: string; kind: string; used: number; max: number }[],
): Finding {
  const over = seats.filter(({ used, max }) => used > max);
  return over.length === 0
    ? finding('limits', 'ok', 'no limit is exceeded')
    : finding(
        'limits',
        'warning',
        `more accounts than allowed: ${some(over.map((s) => `${s.scope} has ${s.used} of ${s.max} ${s.kind}`))}`,
      );
}

/** A clock that went back: stamps go on from the last one, and then lie in the future. */
export function judgeClock(lastStamp: number | undefined, now: number): Finding {
  const behind = (lastStamp ?? now) - now;
  return behind <= CLOCK_TOLERANCE_MICROS
    ? finding('clock', 'ok', 'not behind the newest object')
    : finding(
        'clock',
        'warning',
        `the clock is ${Math.round(behind / 1e6)} s behind the newest object: either it is wrong now, or it was then`,
      );
}

/** `error`: why the last mail that could not be sent was not. */
export function judgeMail(
  isConfigured: boolean,
  { failed, retrying, error }: { failed: number; retrying: number; error: string | null },
): Finding {
  const troubles = [
    ...(failed === 0 ? [] : [`${plural(failed, 'mail')} given up`]),
    ...(retrying === 0 ? [] : [`${plural(retrying, 'mail')} not sent yet in spite of attempts`]),
  ];
  if (troubles.length > 0)
    return finding('mail', 'warning', `${troubles.join(', ')}; last error: ${error ?? 'unknown'}`);
  return finding(
    'mail',
    'ok',
    isConfigured
      ? 'configured, and no mail of the last 30 days failed'
      : 'not configured (mailServerHost, mailFrom): nothing is sent, and links are shown to be passed on',
  );
}
