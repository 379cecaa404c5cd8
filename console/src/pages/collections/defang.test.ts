import { describe, expect, it } from 'vitest';
import {
  defangLabel,
  defangUrls,
  hostOf,
  isWebUrl,
  withEscapedControls,
  withVisibleControls,
} from './defang.ts';

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

  it('shows what would turn the direction of writing', () => {
    expect(withVisibleControls('invoice\u202Efdp.exe')).toBe('invoice[U+202E]fdp.exe');
    for (const type of ['file', 'malware', 'domain-name'])
      expect(defangLabel(type, 'a\u2067b\u2069\u200f\u061c')).toBe('a[U+2067]b[U+2069][U+200F][U+061C]');
    expect(defangUrls('\u202Dhttp://a.example')).toBe('[U+202D]hxxp://a[.]example');
    for (const text of ['plain', 'تقرير', 'דוח 1', '👩‍💻']) expect(withVisibleControls(text)).toBe(text);
  });

  it('is the same JSON with what turns the direction escaped', () => {
    const json = JSON.stringify({ name: 'invoice\u202Efdp.exe' });
    expect(withEscapedControls(json)).toBe('{"name":"invoice\\u202efdp.exe"}');
    expect(JSON.parse(withEscapedControls(json))).toEqual(JSON.parse(json));
  });

  it('is a link to the web or not', () => {
    expect(isWebUrl('https://example.com/x')).toBe(true);
    expect(hostOf('https://user:pw@example.com:8443/x')).toBe('example.com:8443');
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'example.com', 'mailto:a@b.example', ''])
      expect(isWebUrl(text)).toBe(false);
  });
});
