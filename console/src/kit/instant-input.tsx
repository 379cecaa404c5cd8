import '@mantine/dates/styles.css';
import { DateTimePicker } from '@mantine/dates';
import type { ReactNode } from 'react';
import { useTimeZone } from './instant.tsx';

const DAY_MS = 86_400_000;
const PRESETS = {
  future: [
    ['In 30 days', 30],
    ['In 90 days', 90],
    ['In a year', 365],
  ],
  past: [
    ['A day ago', -1],
    ['7 days ago', -7],
    ['30 days ago', -30],
  ],
} as const;

type Props = {
  label: string;
  description?: ReactNode;
  error?: ReactNode;
  /** RFC 3339 in UTC; null: none. */
  value: string | null;
  onChange: (instant: string | null) => void;
  placeholder?: string;
  isRequired?: boolean;
  /** It is one that was. */
  isPast?: boolean;
};

/** Chooses an instant to come, or one that was: day and time in the person's time zone. */
export function InstantInput({ label, description, error, value, onChange, ...props }: Props) {
  const { placeholder, isRequired, isPast = false } = props;
  const timeZone = useTimeZone();
  const now = Date.now();
  const shown = (instant: number) => localOf(instant, timeZone);
  return (
    <DateTimePicker
      label={label}
      description={
        <>
          {description} In the time zone {timeZone}.
        </>
      }
      error={error}
      placeholder={placeholder}
      required={isRequired === true}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      valueFormat="D MMM YYYY, HH:mm"
      {...(isPast ? { maxDate: shown(now).slice(0, 10) } : { minDate: shown(now).slice(0, 10) })}
      defaultTimeValue={isPast ? '00:00:00' : '23:59:00'}
      presets={PRESETS[isPast ? 'past' : 'future'].map(([text, days]) => ({
        label: text,
        value: shown(now + days * DAY_MS),
      }))}
      value={value === null ? null : shown(Date.parse(value))}
      onChange={(local) => onChange(local === null ? null : instantOf(local, timeZone))}
    />
  );
}

/** `2027-01-31 08:00:00`, as clocks of the time zone show the instant. */
function localOf(ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(ms);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** The instant at which clocks of the time zone show that; where they are put forward, the one after. */
function instantOf(local: string, timeZone: string): string {
  const asUtc = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`);
  const wanted = asUtc(local);
  const offsetAt = (ms: number) => asUtc(localOf(ms, timeZone)) - ms;
  // The offset there, and not the one that it has where the local time would be UTC's.
  const instant = wanted - offsetAt(wanted - offsetAt(wanted));
  return new Date(instant).toISOString();
}
