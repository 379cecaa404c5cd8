import { Alert, Button, Radio, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { AccountEditForm } from '../../../../contract/account-forms.ts';
import { isSame, type Values, valuesOf } from './account-form.ts';
import { ShownValue } from './account-form-field.tsx';
import { fieldText } from './fields.ts';

type Props = {
  /** As it was read when the editing began. */
  base: Values;
  /** As it stands in the form. */
  mine: Values;
  /** As it is stored now. */
  newer: AccountEditForm;
  /** What is to stand in the form from here on. */
  onSettled: (values: Values) => void;
};

/** Somebody else has changed the account meanwhile: says what, and asks what counts where both have changed the same. */
export function Meanwhile({ base, mine, newer, onSettled }: Props) {
  const theirs = valuesOf(newer.fields);
  const changed = newer.fields.map(({ name }) => name).filter((name) => !isSame(theirs[name], base[name]));
  const both = changed.filter((name) => !isSame(mine[name], base[name]) && !isSame(mine[name], theirs[name]));
  const onlyTheirs = changed.filter((name) => !both.includes(name));
  const [kept, setKept] = useState<Readonly<Record<string, 'mine' | 'theirs'>>>({});
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => {
    alert.current?.scrollIntoView({ block: 'start' });
  }, []);
  const settle = () => {
    const merged: Record<string, Values[string]> = { ...mine };
    for (const name of changed) {
      const isMine = both.includes(name) && (kept[name] ?? 'mine') === 'mine';
      if (!isMine) merged[name] = theirs[name] ?? null;
    }
    onSettled(merged);
  };
  return (
    <Alert
      ref={alert}
      color="orange"
      title="Somebody else has changed the account meanwhile"
      role="alert"
      style={{ scrollMarginTop: 72 }}
    >
      <Stack gap="sm">
        <Text size="sm">Nothing of yours is saved or lost.</Text>
        {both.map((name) => (
          <Radio.Group
            key={name}
            label={`${fieldText(name).label}: both of you have changed it`}
            value={kept[name] ?? 'mine'}
            onChange={(choice) => setKept({ ...kept, [name]: choice === 'theirs' ? 'theirs' : 'mine' })}
          >
            <Stack gap={4} mt={4}>
              <Radio
                value="mine"
                label={
                  <>
                    Keep mine: <ShownValue name={name} value={mine[name] ?? null} choices={newer} />
                  </>
                }
              />
              <Radio
                value="theirs"
                label={
                  <>
                    Take theirs: <ShownValue name={name} value={theirs[name] ?? null} choices={newer} />
                  </>
                }
              />
            </Stack>
          </Radio.Group>
        ))}
        {onlyTheirs.map((name) => (
          <Text key={name} size="sm">
            <strong>{fieldText(name).label}</strong> is now{' '}
            <ShownValue name={name} value={theirs[name] ?? null} choices={newer} />
            {', and stays so.'}
          </Text>
        ))}
        {changed.length === 0 && (
          <Text size="sm">What they have changed is in none of these fields, such as a credential.</Text>
        )}
        <Button variant="default" onClick={settle} style={{ alignSelf: 'flex-start' }}>
          Go on with this
        </Button>
      </Stack>
    </Alert>
  );
}
