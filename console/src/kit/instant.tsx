import { Text, Tooltip } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/session.ts';

/** The time zone that the person chose, or that of the browser. */
export function useTimeZone(): string {
  const { data } = useSuspenseQuery(sessionQuery);
  return data?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** How long ago, or in how long: in the largest unit of which there is at least one. */
function relativeText(instant: string, now: number): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}

/** Day and time, in a time zone. */
export function localText(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
    new Date(instant),
  );
}

/**
 * An instant, as RFC 3339 has it: in the person's time zone, or how long ago with `isRelative`; to the second, with the
 * zone and in UTC, where it is pointed at.
 */
export function Instant({
  at,
  isRelative = false,
  none = 'never',
}: {
  at: string | null | undefined;
  isRelative?: boolean;
  /** In its place where there is none. */
  none?: string;
}) {
  const timeZone = useTimeZone();
  if (at === null || at === undefined)
    return (
      <Text span c="dimmed" inherit>
        {none}
      </Text>
    );
  const exact = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'full',
    timeStyle: 'long',
    timeZone,
  }).format(new Date(at));
  return (
    <Tooltip label={`${exact} (${at})`}>
      <Text component="time" dateTime={at} inherit style={{ whiteSpace: 'nowrap' }}>
        {isRelative ? relativeText(at, Date.now()) : localText(at, timeZone)}
      </Text>
    </Tooltip>
  );
}
