import { describe, expect, it } from 'vitest';
import { defangLabel, defangUrls, hostOf, isWebUrl } from './defang.ts';

describe('threat intelligence as text', () => {
  it('has no URL that works', () => {
    expect(defangUrls('get https://evil.example.com/a.exe?x=1.2 now')).toBe(
      'get hxxps://evil[.]example[.]com/a.exe?x=1.2 now',
    );
    expect(defangUrls("[url:value = 'http://192.0.2.1:8080/x']")).toBe(
      "[url:value = 'hxxp://192[.]0[.]2[.]1:8080/x']",
    );
    expect(defangUrls('HTTP://A.example and http://b.example')).toBe(
      'HXXP://A[.]example and hxxp://b[.]example',
    );
    expect(defangUrls('no URL: a.b c://d')).toBe('no URL: a.b c://d');
  });

  it('stays as it is when it is harmless already', () => {
    const harmless = defangUrls('http://evil.example/');
    expect(defangUrls(harmless)).toBe(harmless);
    expect(defangLabel('domain-name', 'evil[.]example')).toBe('evil[.]example');
  });

  it('has no hosts either, where the type says that it is one', () => {
    expect(defangLabel('domain-name', 'evil.example')).toBe('evil[.]example');
    expect(defangLabel('email-addr', 'a@evil.example')).toBe('a[@]evil[.]example');
    expect(defangLabel('malware', 'Dropper 1.2')).toBe('Dropper 1.2');
  });

  it('is a link to the web or not', () => {
    expect(isWebUrl('https://example.com/x')).toBe(true);
    expect(hostOf('https://user:pw@example.com:8443/x')).toBe('example.com:8443');
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'example.com', 'mailto:a@b.example', ''])
      expect(isWebUrl(text)).toBe(false);
  });
});
