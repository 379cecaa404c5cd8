import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SessionView } from '../../../../contract/session.ts';
import type { Options } from '../../api/client.ts';

/** What came of the set-up of a second factor: the first one comes with recovery codes. */
export type AddedFactor = { recoveryCodes: readonly string[] | null; session: SessionView };

/** What the set-up of a second factor is given. */
export type SetupProps = {
  onAdded: (added: AddedFactor) => void;
  onCancel: () => void;
  onError?: (error: Error) => void;
  options?: Options;
};

/** How the last request of a set-up is made; what it answers with is kept by nobody else. */
export const lastStep = ({ onAdded, onError }: SetupProps) => ({
  gcTime: 0,
  onSuccess: onAdded,
  ...(onError === undefined ? {} : { onError }),
});

/** The end of the form of a set-up: back, or on. */
export function SetupEnd({
  onCancel,
  isPending,
  icon,
  children,
}: {
  onCancel: () => void;
  isPending: boolean;
  icon?: ReactNode;
  /** The deed. */
  children: string;
}) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        Back
      </Button>
      <Button type="submit" loading={isPending} leftSection={icon}>
        {children}
      </Button>
    </Group>
  );
}
