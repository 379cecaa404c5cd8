/**
 * Timestamps of STIX 2.1 (§2.16) and TAXII 2.1 (§2): RFC 3339 text on the wire, integer microseconds since
 * the Unix epoch (UTC) inside. A double holds every microsecond from 1684 to 2255; what lies outside comes out
 * beyond `Number.MAX_SAFE_INTEGER` and must be refused or clamped before it is stored.
 */

/** Microseconds since the Unix epoch, UTC. */
export type Micros = number;

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads an RFC 3339 timestamp of any fraction length and any offset; digits finer than a microsecond are
 * cut off (rounded down). A leap second counts as the last second before it. Returns undefined when the text
 * is no timestamp.
 */
export function parseTimestamp(text: string): Micros | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = match;
  const numbers = [year, month, day, hour, minute].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0] = numbers;
  const s = Math.min(Number(second), 59);
  if (Number(second) > 60 || mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59 || y === 0) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (date.getUTCMonth() !== mo - 1) return undefined; // the 31st of a month of 30 days
  date.setUTCHours(h, mi, s);
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  return (date.getTime() - offsetMs) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** A STIX timestamp (§2.16): as `parseTimestamp`, but only with `T` and `Z`, as the standard demands. */
export function parseStixTimestamp(text: string): Micros | undefined {
  return text.endsWith('Z') && text[10] === 'T' ? parseTimestamp(text) : undefined;
}

/** TAXII 2.1 §2: a timestamp that the server generates has six fraction digits and `Z`. */
export function formatTimestamp(micros: Micros): string {
  const ms = Math.floor(micros / 1000);
  const rest = micros - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
