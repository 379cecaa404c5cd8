import { Checkbox, MultiSelect, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { TimeInput } from '@mantine/dates';
import type { AccountForm } from '../../../../contract/account-forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { InstantInput } from '../../kit/instant-input.tsx';
import { isEmpty, type Value } from './account-form.ts';
import { type FieldText, fieldText } from './fields.ts';

/** What can be chosen in a form. */
export type Choices = Pick<
  AccountForm,
  'systemRoles' | 'organizationRoles' | 'services' | 'owners' | 'groups' | 'more'
>;

type FieldProps = {
  name: string;
  value: Value;
  onChange: (value: Value) => void;
  choices: Choices;
  error?: string | undefined;
  isRequired?: boolean;
  /** What stands in the way of some values. */
  note?: string | null;
};

const asText = (value: Value) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
const asList = (value: Value) => (Array.isArray(value) ? value.map(String) : []);
const NOTHING_FOUND = 'Nothing found';

/** A field of the form of an account, to be filled in. */
export function FormField({ name, value, onChange, choices, error, isRequired = false, note }: FieldProps) {
  const text = fieldText(name);
  const { label, control, bounds } = text;
  const description = [text.help, note].filter(Boolean).join(' ') || undefined;
  const common = {
    label,
    description,
    error,
    required: isRequired,
    name,
    ...(text.empty === undefined ? {} : { placeholder: text.empty }),
  };
  switch (control) {
    case 'switch':
      return (
        <Checkbox
          name={name}
          label={label}
          description={description}
          error={error}
          checked={value === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          min={bounds?.min}
          max={bounds?.max}
          allowDecimal={false}
          clampBehavior="none"
          thousandSeparator=" "
          suffix={bounds === undefined ? undefined : ` ${bounds.unit}`}
          value={typeof value === 'number' ? value : ''}
          onChange={(typed) => onChange(typeof typed === 'number' ? typed : null)}
        />
      );
    case 'instant':
      return (
        <InstantInput
          {...common}
          isRequired={isRequired}
          value={typeof value === 'string' && value !== '' ? value : null}
          onChange={onChange}
        />
      );
    case 'time':
      return (
        <TimeInput
          {...common}
          value={asText(value)}
          onChange={({ currentTarget }) => onChange(currentTarget.value || null)}
        />
      );
    case 'groups':
    case 'owners':
      return (
        <MultiSelect
          {...common}
          placeholder={isEmpty(value) ? text.empty : undefined}
          searchable
          clearable
          hidePickedOptions
          nothingFoundMessage={NOTHING_FOUND}
          data={[...optionsOf(name, choices), ...unseen(name, asList(value), choices)]}
          value={asList(value)}
          onChange={(ids) => onChange(ids.length === 0 && control === 'owners' ? null : ids.map(Number))}
        />
      );
    case 'systemRole':
    case 'organizationRole':
    case 'service':
    case 'timeZone':
      return (
        <Select
          {...common}
          searchable={control === 'timeZone'}
          limit={control === 'timeZone' ? 60 : undefined}
          clearable={control === 'timeZone'}
          allowDeselect={false}
          nothingFoundMessage={NOTHING_FOUND}
          placeholder={text.empty ?? `Choose the ${label}`}
          data={optionsOf(name, choices)}
          value={asText(value) || null}
          onChange={(chosen) => onChange(control === 'service' && chosen !== null ? Number(chosen) : chosen)}
        />
      );
    default:
      return (
        <TextInput
          {...common}
          type={control === 'email' ? 'email' : 'text'}
          autoComplete="off"
          spellCheck={false}
          value={asText(value)}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}

const OWNER_KINDS = { organization: 'Organization', community: 'Communities', source: 'Sources' } as const;

/** What can be chosen in a field. */
function optionsOf(name: string, choices: Choices) {
  const named = (items: readonly { id: number; name: string }[] | null) =>
    (items ?? []).map((item) => ({ value: String(item.id), label: item.name }));
  switch (fieldText(name).control) {
    case 'systemRole':
      return choices.systemRoles ?? [];
    case 'organizationRole':
      return choices.organizationRoles ?? [];
    case 'service':
      return (choices.services ?? []).map((one) => ({
        value: String(one.id),
        label: one.name === one.path ? one.name : `${one.name} (/${one.path}/)`,
      }));
    case 'groups':
      return named(choices.groups);
    case 'owners':
      return Object.entries(OWNER_KINDS)
        .map(([kind, group]) => ({
          group,
          items: named((choices.owners ?? []).filter((owner) => owner.kind === kind)),
        }))
        .filter(({ items }) => items.length > 0);
    case 'timeZone':
      return Intl.supportedValuesOf('timeZone');
    default:
      return [];
  }
}

const UNSEEN_OWNER = 'An owner that you cannot see';

/** What stands in a list and is not among the choices: it is kept unless it is taken out. */
function unseen(name: string, ids: readonly string[], { owners, more }: Choices) {
  if (fieldText(name).control !== 'owners') return [];
  const known = new Set(owners?.map(({ id }) => String(id)));
  const others = ids.filter((id) => !known.has(id));
  if (others.length === 0) return [];
  const items = others.map((value) => ({ value, label: more ? `Owner ${value}` : UNSEEN_OWNER }));
  return [{ group: 'Others', items }];
}

/** The words for what stands in a field. */
export function ShownValue({ name, value, choices }: { name: string; value: Value; choices: Choices }) {
  const text: FieldText = fieldText(name);
  if (text.control === 'switch') return value === true ? 'Yes' : 'No';
  if (isEmpty(value))
    return (
      <Text span c="dimmed" inherit>
        {text.empty ?? 'None'}
      </Text>
    );
  if (text.control === 'instant') return <Instant at={asText(value)} />;
  if (text.control === 'number') return `${Number(value).toLocaleString('en-GB')} ${text.bounds?.unit ?? ''}`;
  const labels = new Map(
    optionsOf(name, choices).flatMap((option): [string, string][] =>
      typeof option === 'string'
        ? [[option, option]]
        : 'items' in option
          ? option.items.map((item) => [item.value, item.label])
          : [[option.value, option.label]],
    ),
  );
  const shown = Array.isArray(value) ? value.map(String) : [asText(value)];
  const other = (id: string) => (text.control === 'owners' && !choices.more ? UNSEEN_OWNER : id);
  return shown.map((one) => labels.get(one) ?? other(one)).join(', ');
}

/** A field that is not the asker's to set: what stands in it, and why it stays. */
export function FixedField({
  name,
  children,
  why,
}: {
  name: string;
  children: React.ReactNode;
  why?: string | null;
}) {
  return (
    <Stack gap={2}>
      <Text size="sm" fw={600}>
        {fieldText(name).label}
      </Text>
      <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
      {why !== null && why !== undefined && (
        <Text size="xs" c="dimmed">
          {why}
        </Text>
      )}
    </Stack>
  );
}
