import { type Micros, parseStixTimestamp, parseTimestamp } from '../timestamp.ts';
import { givenValue, type JsonObject } from './json-value.ts';
import { type Report, refuse } from './report.ts';

/**
 * The instant of a timestamp property (STIX 2.1 §2.16), or undefined when it is missing or refused. Feeds write
 * `+00:00` for `Z`: that is refused only in strict mode; the text is kept as it came.
 */
export function readTimestamp(object: JsonObject, name: string, report: Report): Micros | undefined {
  const value = givenValue(object, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') {
    refuse(report, name, 'must be a string', '§2.16');
    return undefined;
  }
  const instant = report.strict ? parseStixTimestamp(value) : parseTimestamp(value);
  if (instant === undefined) {
    const form = report.strict ? 'an RFC 3339 timestamp with T and Z' : 'an RFC 3339 timestamp';
    refuse(report, name, `must be ${form}`, '§2.16');
  }
  return instant;
}
