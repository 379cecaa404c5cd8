import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError, invalid } from './errors.ts';
import { parseInput } from './input.ts';

const schema = z.strictObject({
  name: z.string().min(2),
  size: z.number().default(7),
  list: z.array(z.int()),
});

describe('the input of a use case', () => {
  it('comes out with its defaults', () => {
    expect(parseInput(schema, { name: 'ab', list: [1] })).toEqual({ name: 'ab', size: 7, list: [1] });
  });

  it('is refused with every problem at once, each with its path, and with what it does not know', () => {
    try {
      parseInput(schema, { name: 'a', list: [1, 'x'], other: 1 });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({
        code: 'invalid_input',
        status: 400,
        details: { problems: [{ path: 'name' }, { path: 'list.1' }, { path: 'other' }] },
      });
      expect(String(error)).toMatch(/name: .*; list\.1: must be a number; other: is unknown here/);
    }
  });

  it('is refused with an answer of a few kilobytes, however much of it is wrong', () => {
    const names = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`unknown${i}`, 0]));
    const long = 'x'.repeat(100_000);
    const inputs = [
      { name: 'ab', list: Array.from({ length: 20_000 }, () => 'x') },
      { name: 'ab', list: [], ...names },
      { name: 'ab', list: [], [`${long}😀`]: 1 },
    ];
    const errors = inputs.map((input) => {
      try {
        return parseInput(schema, input);
      } catch (error) {
        if (error instanceof AppError) return error;
        throw error;
      }
    });
    for (const error of errors) {
      if (!(error instanceof AppError)) throw new Error('was taken');
      expect(error.message.length).toBeLessThanOrEqual(2000);
      expect(JSON.stringify(error.details).length).toBeLessThan(30_000);
    }
    expect(errors[0]).toMatchObject({ details: { problems: { length: 101 } } });
    expect(errors[0]).toHaveProperty('details.problems.100', { path: '', message: 'and 19900 more' });
    expect(errors[1]).toMatchObject({
      details: { problems: expect.arrayContaining([{ path: 'unknown0', message: 'is unknown here' }]) },
    });
    expect(errors[1]).toHaveProperty('details.problems.100', { path: '', message: 'and 19900 more' });
    const record = z.record(z.string(), z.number());
    expect(() => parseInput(record, { [long]: 'x' })).toThrow(/^x{199}…: /);
  });
});

describe('an error of the product', () => {
  it('has the status and title of its code', () => {
    expect(new AppError('limit_reached')).toMatchObject({ status: 409, message: 'The limit is reached' });
    expect(new AppError('not_found', { message: 'There is none.' }).message).toBe('There is none.');
  });

  it('names the one thing that is wrong with an input', () => {
    expect(invalid('path', 'is odd')).toMatchObject({
      code: 'invalid_input',
      message: 'path: is odd',
      details: { problems: [{ path: 'path', message: 'is odd' }] },
    });
    expect(invalid('', 'is odd').message).toBe('is odd');
  });
});
