import { existsSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../csv.ts';
import { openCommandLine } from '../testing/command-line.ts';

const { taxiway, answerOf, file } = openCommandLine({ inProcess: true });

type Event = { id: number; action: string; organization: string | null; targetName: string | null };

/** Changes the database behind the server's back. */
function tamper(...statements: string[]): void {
  const db = new DatabaseSync(file('data/taxiway.db'));
  for (const change of ['update', 'delete']) db.exec(`drop trigger if exists audit_events_no_${change}`);
  for (const statement of statements) db.exec(statement);
  db.close();
}

describe('taxiway audit', () => {
  beforeAll(async () => {
    for (const name of ['Acme Power', 'Blue Water']) await answerOf('organization', 'create', name);
    for (const number of ['3', '4'])
      await answerOf('organization', 'limits', 'Acme Power', '--taxii-users', number);
  });

  it('list shows events to a person and to a program, with filters and page by page', async () => {
    const { out } = await taxiway(['audit', 'list', '--organization', 'Acme Power']);
    expect(out.split('\n')[0]).toMatch(/^WHEN +ORGANIZATION +NO +WHO +WHAT +OUTCOME +TO +FROM$/);
    expect(out).toMatch(/Acme Power +3 +operator \(.+\) +organization\.limits +done +Acme Power +-/);
    expect(out).not.toContain('Blue Water');
    const { events } = (await answerOf('audit', 'list', '--action', 'organization.create')) as {
      events: Event[];
    };
    expect(events.map((event) => event.targetName)).toEqual(['Blue Water', 'Acme Power']);
    const first = (await answerOf('audit', 'list', '--limit', '2', '--since', '1h')) as {
      events: Event[];
      next: string;
    };
    const second = (await answerOf('audit', 'list', '--limit', '2', '--after', first.next)) as {
      events: Event[];
    };
    expect(second.events[0]?.id).toBeLessThan(first.events[1]?.id ?? 0);
    expect((await taxiway(['audit', 'list', '--until', '1h'])).out).toBe('There is no such event.\n');
  });

  it('list refuses what it does not understand, and an organization that does not exist', async () => {
    expect(await taxiway(['audit', 'list', '--since', 'yesterday'])).toMatchObject({ code: 2 });
    expect(await taxiway(['audit', 'list', '--outcome', 'great'])).toMatchObject({ code: 2 });
    const unknown = await taxiway(['audit', 'list', '--organization', 'Nobody']);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain('There is no organization named "Nobody".');
  });

  it('export writes JSON Lines to standard output, and CSV to a file that it does not replace', async () => {
    const { out } = await taxiway(['audit', 'export', '--organization', 'Acme Power']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: { sequence: number }; hash: string });
    expect(lines.map((line) => line.event.sequence)).toEqual(lines.map((_, index) => index + 1));
    const target = file('trail.csv');
    const written = await taxiway(['audit', 'export', target, '--format', 'csv']);
    expect(written.code).toBe(0);
    expect(statSync(target).mode & 0o077).toBe(0);
    const rows = parseCsv(readFileSync(target, 'utf8'));
    expect(rows[0]?.cells[0]).toBe('at');
    expect(rows.length).toBeGreaterThan(lines.length);
    const again = await taxiway(['audit', 'export', target]);
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain('exists already, and is not replaced');
    const nowhere = await taxiway(['audit', 'export', file('no/such/folder/trail.csv')]);
    expect(nowhere.code).toBe(2);
    expect(existsSync(file('no'))).toBe(false);
  });

  it('activity shows who did what, without details', async () => {
    const { out } = await taxiway(['audit', 'activity', 'Acme Power']);
    expect(out).toMatch(/The operator +organization\.create +Acme Power/);
  });

  it('checkpoint signs how far the trail goes, and does nothing when nothing happened', async () => {
    const { checkpoint } = (await answerOf('audit', 'checkpoint')) as { checkpoint: { sequence: number } };
    expect(checkpoint.sequence).toBe(1);
    expect(await answerOf('audit', 'checkpoint')).toEqual({ checkpoint: null });
  });

  it('item 117: verify ends with 0 while the trail is whole, and with 1 and the first bad row when not', async () => {
    const whole = await taxiway(['audit', 'verify']);
    expect(whole).toMatchObject({ code: 0, err: '' });
    expect(whole.out).toMatch(/^The audit trail is whole: \d+ events in 3 chains, 1 checkpoint\.\n$/);
    tamper("update audit_events set actor_name = 'nobody' where sequence = 2 and target_name = 'Acme Power'");
    const changed = await taxiway(['audit', 'verify']);
    expect(changed.code).toBe(1);
    expect(changed.out).toContain('Event 2 was changed: it does not have its hash.');
    expect(changed.out).toMatch(/Chain +Acme Power\n +Number +2\n +Id +\d+\n +When +\d{4}-/);
    expect(changed.err).toBe('taxiway: The audit trail is not whole.\n');
    const other = await taxiway(['audit', 'verify', '--organization', 'Blue Water', '--json']);
    expect(other.code).toBe(0);
    expect(JSON.parse(other.out)).toMatchObject({ isIntact: true, chains: 1 });
    const json = await taxiway(['audit', 'verify', '--organization', 'Acme Power', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      isIntact: false,
      problems: [{ sequence: 2, organization: 'Acme Power' }],
    });
  });

  it('shows by --help how each is used', async () => {
    for (const command of ['list', 'export', 'verify', 'checkpoint', 'activity']) {
      const { out, code } = await taxiway(['audit', command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`taxiway audit ${command}`);
      expect(out).toContain('Example:');
    }
  });
});
