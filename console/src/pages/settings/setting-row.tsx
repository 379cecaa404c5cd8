import {
  Badge,
  Box,
  Button,
  Code,
  Grid,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useId } from 'react';
import { resetSettingEndpoint, type Setting, setSettingEndpoint } from '../../../../contract/settings.ts';
import { useChange } from '../../api/queries.ts';
import { isStale } from '../../kit/forms.ts';
import { Instant } from '../../kit/instant.tsx';
import { Refusal } from '../../kit/states.tsx';
import { Meanwhile, SaveOnceMore, useReloadWhenStale, useStoredForm } from '../../kit/stored-form.tsx';

type Value = boolean | number | string;

const UNITS = { ms: 'milliseconds', min: 'minutes', h: 'hours', d: 'days' } as const;

type Props = {
  setting: Setting;
  isHidden: boolean;
  /** Whether something is entered here that is not saved. */
  onDirty: (name: string, isDirty: boolean) => void;
};

/** One setting: what it means, its value, and what has been entered in its place. A switch is saved at once. */
export function SettingRow({ setting, isHidden, onDirty }: Props) {
  const describedBy = useId();
  const save = useChange(setSettingEndpoint);
  const reset = useChange(resetSettingEndpoint);
  useReloadWhenStale(reset.error);
  const isSecret = setting.type === 'secret';
  const form = useStoredForm<{ value: Value }>(
    { version: setting.version, values: { value: shownValue(setting) } },
    save,
    isSecret,
  );
  const { isDirty } = form;
  const entered = form.values.value;
  const back = `Back to the default (${valueText(setting, setting.default)})`;
  useEffect(() => onDirty(setting.name, isDirty), [onDirty, setting.name, isDirty]);
  const name = setting.name as Parameters<typeof save.mutate>[0]['params']['setting'];
  const done = { onSuccess: () => notifications.show({ message: `${setting.title}: saved` }) };
  const isSwitch = setting.type === 'switch';
  const submit = (value: Value) => {
    if (!isSwitch) form.sending();
    const version = isSwitch ? setting.version : form.version;
    save.mutate({ params: { setting: name }, body: { value, version } }, done);
  };
  const switched = save.isPending ? save.variables.body.value : setting.value;
  const error = save.error ?? reset.error;
  return (
    <Box
      component="form"
      display={isHidden ? 'none' : undefined}
      py="md"
      style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
      onSubmit={(event: { preventDefault: () => void }) => {
        event.preventDefault();
        if (isDirty) submit(entered);
      }}
    >
      <Grid gap="lg" align="flex-start">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Group gap="xs">
            <Text fw={600}>{setting.title}</Text>
            {!setting.isDefault && <Badge variant="light">Changed</Badge>}
            {!setting.enforced && (
              <Badge variant="light" color="gray">
                No effect yet
              </Badge>
            )}
          </Group>
          <Text size="sm" id={describedBy} mt={2}>
            {setting.meaning}
          </Text>
          <Text size="sm" c="dimmed" mt={2}>
            A new value counts {setting.effect}.
          </Text>
          {setting.changedAt !== null && (
            <Text size="xs" c="dimmed" mt={4}>
              Changed <Instant at={setting.changedAt} isRelative />
              {setting.changedBy !== null && ` by ${setting.changedBy}`}
            </Text>
          )}
          <Text size="xs" c="dimmed" mt={4} style={{ overflowWrap: 'anywhere' }}>
            On the command line: <Code fz="xs">taxiway settings set {setting.name}</Code>
          </Text>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="xs">
            <Field
              setting={setting}
              value={isSwitch ? (switched ?? false) : entered}
              describedBy={describedBy}
              onChange={(value) => {
                if (isSwitch) submit(value);
                else form.set('value', value);
              }}
              isPending={save.isPending}
            />
            <Meanwhile
              form={form}
              labels={{ value: setting.title }}
              show={(value) => (isSecret ? 'not shown' : valueText(setting, value))}
            />
            {isStale(reset.error) ? (
              <Refusal
                error={reset.error}
                title="Somebody else changed it meanwhile: what is there now is shown"
              />
            ) : (
              <SaveOnceMore form={form} error={save.error} />
            )}
            {!isStale(error) && <Refusal error={error} title="It is not saved" />}
            {setting.abilities.edit && (
              <Group gap="xs">
                {isDirty && (
                  <>
                    <Button
                      type="submit"
                      size="xs"
                      disabled={form.conflicts.length > 0}
                      loading={save.isPending}
                    >
                      Save
                    </Button>
                    <Button variant="default" size="xs" onClick={form.discard}>
                      Discard
                    </Button>
                  </>
                )}
                {!setting.isDefault && !isDirty && (
                  <Button
                    variant="default"
                    size="xs"
                    loading={reset.isPending}
                    aria-label={`${back}: ${setting.title}`}
                    onClick={() =>
                      reset.mutate(
                        { params: { setting: name }, query: { version: String(setting.version) } },
                        done,
                      )
                    }
                  >
                    {back}
                  </Button>
                )}
              </Group>
            )}
          </Stack>
        </Grid.Col>
      </Grid>
    </Box>
  );
}

/** A secret is never shown, so that its field begins empty. */
const shownValue = ({ type, value }: Setting): Value => (type === 'secret' ? '' : (value ?? ''));

function valueText({ type, unit }: Setting, value: Value | null): string {
  if (type === 'secret' || value === '' || value === null) return 'none';
  if (type === 'switch') return value === true ? 'on' : 'off';
  return `${String(value)}${unit === null ? '' : ` ${UNITS[unit]}`}`;
}

function Field({
  setting,
  value,
  describedBy,
  onChange,
  isPending,
}: {
  setting: Setting;
  value: Value;
  describedBy: string;
  onChange: (value: Value) => void;
  isPending: boolean;
}) {
  const { type, title, unit, min, max, choices, maxLength, abilities } = setting;
  const common = { 'aria-label': title, 'aria-describedby': describedBy, disabled: !abilities.edit };
  const label = unit === null ? undefined : `In ${UNITS[unit]}`;
  switch (type) {
    case 'switch':
      return (
        <Switch
          {...common}
          disabled={!abilities.edit || isPending}
          label={value === true ? 'On' : 'Off'}
          checked={value === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          description={[label, min !== null && max !== null ? `${min} to ${max}` : undefined]
            .filter((part) => part !== undefined)
            .join(', ')}
          value={value as number}
          min={min ?? undefined}
          max={max ?? undefined}
          clampBehavior="none"
          allowDecimal={false}
          onChange={(entered) => onChange(entered)}
        />
      );
    case 'choice':
      return (
        <Select
          {...common}
          data={choices ?? []}
          allowDeselect={false}
          value={value as string}
          onChange={(chosen) => onChange(chosen ?? '')}
        />
      );
    case 'secret':
      return (
        <PasswordInput
          {...common}
          placeholder={setting.isDefault ? 'None' : 'There is one; it is not shown'}
          autoComplete="new-password"
          maxLength={maxLength ?? undefined}
          value={value as string}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'text':
      return (
        <TextInput
          {...common}
          placeholder="None"
          maxLength={maxLength ?? undefined}
          value={value as string}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}
