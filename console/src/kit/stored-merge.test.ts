import { describe, expect, it } from 'vitest';
import { merge } from './stored-merge.ts';

describe('what a form shows once something newer is stored', () => {
  const base = { name: 'Harbour', users: 5 };

  it('follows what is stored where nothing was entered, and keeps what was', () => {
    const values = { name: 'Harbour', users: 9 };
    expect(merge({ base, values }, { name: 'Quay', users: 5 })).toEqual({
      values: { name: 'Quay', users: 9 },
      conflicts: [],
    });
  });

  it('is undecided where both changed the same to different values', () => {
    const values = { name: 'Pier', users: 5 };
    expect(merge({ base, values }, { name: 'Quay', users: 5 })).toEqual({
      values: { name: 'Pier', users: 5 },
      conflicts: ['name'],
    });
    expect(merge({ base, values }, { name: 'Pier', users: 5 }).conflicts).toEqual([]);
  });

  it('knows what was saved from here, and keeps what was entered since', () => {
    const sent = { name: ' Pier ', users: 5 };
    expect(merge({ base, values: sent, sent }, { name: 'Pier', users: 5 })).toEqual({
      values: { name: 'Pier', users: 5 },
      conflicts: [],
    });
    const since = { name: 'Pier', users: 7 };
    const own = { name: 'Pier', users: 6 };
    expect(merge({ base, values: since, sent: own }, own)).toEqual({ values: since, conflicts: [] });
  });

  it('is undecided about every change of what is not shown', () => {
    const secret = { base: { value: '' }, values: { value: 'entered' } };
    expect(merge(secret, { value: '' }, true).conflicts).toEqual(['value']);
    expect(merge({ ...secret, sent: { value: 'entered' } }, { value: '' }, true)).toEqual({
      values: { value: '' },
      conflicts: [],
    });
  });
});
