import { Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { ScreenDrawer } from '../../kit/screen-drawer.tsx';
import { NotAllowed, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';

/** The drawer in which an organization, a community or a source is created. */
export function CreateFrame({
  what,
  a,
  isAllowed,
  isDirty,
  create,
  isAtField,
  onSubmit,
  onClose,
  children,
}: {
  what: string;
  /** The same with its article. */
  a: string;
  isAllowed: boolean;
  isDirty: boolean;
  create: { isPending: boolean; isSuccess: boolean; error: Error | null };
  /** What was refused stands at a field. */
  isAtField: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const title = `Create ${what}`;
  if (!isAllowed)
    return (
      <ScreenDrawer onClose={onClose} title={title}>
        <NotAllowed title={`You may not create ${a}`}>Administrators of the instance may.</NotAllowed>
      </ScreenDrawer>
    );
  return (
    <ScreenDrawer onClose={onClose} title={title}>
      <UnsavedGuard isDirty={isDirty && !create.isPending && !create.isSuccess} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Stack>
          {children}
          {!isAtField && <Refusal error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending}>
              {title}
            </Button>
          </Group>
        </Stack>
      </form>
    </ScreenDrawer>
  );
}

/** Says that it is created, and what there is to know of it. */
export function tellCreated(name: string, warnings: readonly string[]): void {
  notifications.show({ message: `${name} is created` });
  for (const warning of warnings) notifications.show({ message: warning, color: 'orange', autoClose: false });
}
