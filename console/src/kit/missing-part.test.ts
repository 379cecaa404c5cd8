import { expect, it } from 'vitest';
import { isPartMissing } from './missing-part.ts';

it.each([
  'Failed to fetch dynamically imported module: https://taxii.example.org/console/assets/page-1.js',
  'error loading dynamically imported module: https://taxii.example.org/console/assets/page-1.js',
  'Importing a module script failed.',
  'Unable to preload CSS for /console/assets/page-1.css',
])('a part of the console is missing: %s', (message) => {
  expect(isPartMissing(new TypeError(message))).toBe(true);
});

it('other failures are others', () => {
  expect(isPartMissing(new Error('Cannot read properties of undefined'))).toBe(false);
  expect(isPartMissing('Importing a module script failed.')).toBe(false);
});
