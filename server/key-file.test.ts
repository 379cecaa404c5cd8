import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KEY_FILE, openApp } from './app.ts';
import { requireKeyFile } from './features/instance/instance.service.ts';
import { addMasterKey, dropOlderMasterKeys, openKeyFile } from './key-file.ts';
import { openTestApp } from './testing/test-app.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'taxiway-keys-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe('a key file that is rotated', () => {
  it('stays readable for the account that the server runs under, whoever rotates, and for nobody new', () => {
    const file = path.join(folder(), KEY_FILE);
    openKeyFile(file);
    // Only root may give files away; anybody else rotates what is their own.
    const isRoot = process.getuid?.() === 0;
    const owner = isRoot ? { uid: 12_345, gid: 23_456 } : statSync(file);
    chownSync(file, owner.uid, owner.gid);
    for (const mode of [0o600, 0o640]) {
      chmodSync(file, mode);
      for (const rotate of [addMasterKey, dropOlderMasterKeys]) {
        rotate(file);
        const { uid, gid, mode: after } = statSync(file);
        expect([uid, gid, after & 0o777]).toEqual([owner.uid, owner.gid, mode]);
      }
    }
    expect(readdirSync(path.dirname(file))).toEqual([KEY_FILE]);
  });

  it('is replaced where a symbolic link leads to it, and the link stays', () => {
    const [data, secrets] = [folder(), folder()];
    const [file, place] = [path.join(data, KEY_FILE), path.join(secrets, 'key')];
    const [before] = openKeyFile(place).masterKeys;
    symlinkSync(place, file);
    const running = openKeyFile(file);
    addMasterKey(file);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(running.changed()).toHaveLength(2);
    expect(openKeyFile(place).masterKeys[1]).toEqual(before);
    expect([readdirSync(data), readdirSync(secrets)]).toEqual([[KEY_FILE], ['key']]);
  });

  it('has not changed while its folder cannot be looked into', () => {
    const place = path.join(folder(), 'data');
    mkdirSync(place);
    const running = openKeyFile(path.join(place, KEY_FILE));
    renameSync(place, `${place}.away`);
    writeFileSync(place, 'no folder');
    expect(running.changed()).toBeUndefined();
    rmSync(place);
    symlinkSync(place, place);
    expect(running.changed()).toBeUndefined();
  });
});

describe('a key file that is gone', () => {
  it('is not made anew beside secrets that another one protects, and processes that run keep the keys that they have', async () => {
    const app = await openTestApp('sqlite');
    onTestFinished(() => app.close());
    const file = path.join(app.config.dataFolder, KEY_FILE);
    const text = readFileSync(file, 'utf8');
    const wrapped = app.keys.wrap('something', Buffer.from('a secret'));
    rmSync(file);
    await expect(openApp(app.config)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`There is no file ${file}`),
    });
    expect(readdirSync(app.config.dataFolder)).not.toContain(KEY_FILE);
    expect(app.keys.reload()).toBe(false);
    expect(Buffer.from(app.keys.unwrap('something', wrapped) ?? []).toString()).toBe('a secret');
    writeFileSync(file, text, { mode: 0o600 });
    const second = await openApp(app.config);
    expect(Buffer.from(second.keys.unwrap('something', wrapped) ?? []).toString()).toBe('a secret');
    await second.close();
  });

  it('is not missed where another process made it at this moment, and told its key', async () => {
    const app = await openTestApp('sqlite');
    onTestFinished(() => app.close());
    const file = path.join(app.config.dataFolder, KEY_FILE);
    renameSync(file, `${file}.away`);
    await expect(requireKeyFile(app.db, file)).rejects.toMatchObject({ code: 'conflict' });
    const madeMeanwhile = {
      ...app.db,
      get read() {
        renameSync(`${file}.away`, file);
        return app.db.read;
      },
    };
    await expect(requireKeyFile(madeMeanwhile, file)).resolves.toBeUndefined();
  });
});
