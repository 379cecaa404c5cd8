import { expect, it } from 'vitest';
import { loggedUrl } from './access-log.ts';

it.each([
  ['/taxii2/'],
  ['/intel/objects/?limit=5&added_after=2026-01-01T00%3A00%3A00Z'],
  ['/intel/objects/?match[type]=indicator&match%5Bid%5D=a--1&next=abc'],
  ['/rest/v1/accounts?after=abc&sort=-name&search=ada&%zz=1'],
  ['/rest/v1/session?password=secret', '/rest/v1/session?password=(masked)'],
  ['/rest/v1/session?limit=1&pass%77ord=secret=more&', '/rest/v1/session?limit=1&pass%77ord=(masked)&'],
  ['/rest/v1/accounts?API-Key=secret&x=1', '/rest/v1/accounts?API-Key=(masked)&x=1'],
  [`/${'x'.repeat(600)}?a=b`, `/${'x'.repeat(499)}`],
  [`/?token=${'b'.repeat(5000)}&password=secret`, '/?token=(masked)'],
])('the access log tells of %s no value of what is called like a secret', (url, logged = url) => {
  expect(loggedUrl(url)).toBe(logged);
});
