const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** So many bytes, in a unit that people read: 1 kB is 1,000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  let unit = 0;
  let value = bytes;
  // What would be rounded to a thousand of one unit is one of the next.
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${UNITS[unit]}`;
}
