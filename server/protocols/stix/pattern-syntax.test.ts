import { describe, expect, it } from 'vitest';
import { findPatternFault } from './pattern-syntax.ts';

describe('a STIX pattern', () => {
  it.each([
    "[ipv4-addr:value = '198.51.100.1/32' OR ipv4-addr:value = '203.0.113.33/32']",
    "([a:b = 'x'] AND [c:d = 1]) REPEATS 5 TIMES WITHIN 600 SECONDS",
    String.raw`[file:name = 'it\'s ] ( \\']`,
    "[file:hashes.'SHA-256' = 'aec0']",
    "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
    "[windows-registry-key:values[0].name IN ('a', 'b')]",
  ])('may be %s', (pattern) => expect(findPatternFault(pattern)).toBeUndefined());

  it.each([
    ['', 'there is no observation expression, [...]'],
    ["ipv4-addr:value = 'x'", 'there is no observation expression, [...]'],
    ["[a:b = 'x'", '[ is not closed'],
    ["[a:b = 'x]", 'a string is not closed'],
    ["[a:b = 'x'])", 'an unexpected )'],
    ["([a:b = 'x')]", 'an unexpected )'],
    ['[ ]', 'an expression is empty'],
    ["[a:b = 'x' AND [c:d = 1]]", 'an observation expression is inside another'],
  ])('is refused as %s', (pattern, fault) => expect(findPatternFault(pattern)).toBe(fault));
});
