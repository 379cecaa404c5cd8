import { z } from 'zod';
import { wholeNumber } from './numbers.ts';

/** Under which heading a setting stands, in this order. */
export const SETTING_GROUPS = ['Signing in', 'Passwords', 'Accounts', 'Queries', 'Mail'] as const;

export type SettingDefinition = {
  group: (typeof SETTING_GROUPS)[number];
  /** What people call it. */
  title: string;
  /** What it decides, in a sentence. */
  meaning: string;
  /** When a new value begins to count, and for whom. */
  effect: string;
  /** False: nothing reads it yet; `effect` says what will. */
  enforced: boolean;
} & (
  | { kind: 'switch'; default: boolean }
  | { kind: 'number'; default: number; min: number; max: number; unit: 'ms' | 'min' | 'h' | 'd' | null }
  /** One line. `form`: what it must be beyond that, unless it is empty, in words that go on from "must be". */
  | {
      kind: 'text';
      default: string;
      maxLength: number;
      form?: { fits(text: string): boolean; words: string };
    }
  | { kind: 'choice'; default: string; values: readonly string[] }
  /** Stored encrypted, and never shown again. Empty: none. */
  | { kind: 'secret'; default: ''; maxLength: number }
);

const NO_CONTROL = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u;

/** What a new value of such a setting must be. */
export function valueType(definition: SettingDefinition): z.ZodType<boolean | number | string> {
  switch (definition.kind) {
    case 'switch':
      return z.boolean({ error: 'must be true or false' });
    case 'number':
      return wholeNumber(definition.min, definition.max);
    case 'choice':
      return z.enum(definition.values, { error: `must be one of ${definition.values.join(', ')}` });
    case 'text': {
      const { form } = definition;
      const text = line(definition.maxLength);
      return form === undefined
        ? text
        : text.refine((value) => value === '' || form.fits(value), `must be ${form.words}`);
    }
    case 'secret':
      return line(definition.maxLength).min(1, 'must not be empty: reset the setting to have none');
  }
}

function line(maxLength: number) {
  return z
    .string({ error: 'must be a text' })
    .max(maxLength, `must have at most ${maxLength} characters`)
    .regex(NO_CONTROL, 'must not contain line breaks or other control characters');
}
