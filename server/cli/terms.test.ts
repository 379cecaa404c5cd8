import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCommandLine } from '../testing/command-line.ts';

const { taxiway, answerOf, file } = openCommandLine({ inProcess: true });

describe('taxiway terms', () => {
  it('publishes versions from a file, shows and lists them, and tells who accepted', async () => {
    const terms = file('terms.md');
    writeFileSync(terms, '# Terms\n\nBe kind.\n');
    expect(await taxiway(['terms', 'show'])).toMatchObject({ code: 1, out: '' });
    expect((await taxiway(['terms', 'list'])).out).toBe('No terms of service were published.\n');
    expect((await taxiway(['terms', 'publish', '--file', terms])).out).toBe(
      'Published version 1 of the terms of service.\n',
    );
    const demanded = await taxiway(['terms', 'publish', '--file', terms, '--must-accept']);
    expect(demanded.code).not.toBe(0);
    expect(demanded.err).toContain('termsOfServiceRequireNewUserToAccept is off');
    await taxiway(['settings', 'set', 'termsOfServiceRequireNewUserToAccept', 'on']);
    expect(await answerOf('terms', 'publish', '--file', terms, '--must-accept')).toMatchObject({
      version: 2,
    });
    expect((await taxiway(['terms', 'show'])).out).toMatch(
      /^ {2}Version +2\n {2}Published +\S+Z by operator .*\n {2}Everybody must accept +yes\n\n# Terms\n\nBe kind\.\n$/,
    );
    expect(await answerOf('terms', 'show', '--version-number', '1')).toMatchObject({
      version: 1,
      text: '# Terms\n\nBe kind.\n',
      mustBeAccepted: false,
    });
    expect((await taxiway(['terms', 'list'])).out.split('\n')).toHaveLength(4);
    expect((await taxiway(['terms', 'acceptances', '--version-number', '2'])).out).toBe(
      'Nobody has accepted any.\n',
    );
  });

  it('takes no file that is missing or no text', async () => {
    expect((await taxiway(['terms', 'publish', '--file', file('nothing.md')])).err).toContain('ENOENT');
    writeFileSync(file('binary.md'), Buffer.from([0xff, 0xfe, 0x41]));
    const binary = await taxiway(['terms', 'publish', '--file', file('binary.md')]);
    expect(binary.code).toBe(2);
    expect(binary.err).toContain('is not UTF-8');
  });
});
