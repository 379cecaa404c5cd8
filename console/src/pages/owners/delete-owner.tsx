import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type ReactNode, useState } from 'react';
import { Confirm } from '../../kit/confirm.tsx';

/** Deletes an organization, a community or a source, after its name was typed. */
export function DeleteOwner({
  name,
  kind,
  isPending,
  error,
  onDelete,
  onDeleted,
  children,
}: {
  name: string;
  kind: string;
  isPending: boolean;
  error: Error | null;
  /** Makes the request. */
  onDelete: (options: { onSuccess: () => void }) => void;
  onDeleted: () => void;
  /** What it brings with it. */
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const onSuccess = () => {
    notifications.show({ message: `${name} is deleted` });
    onDeleted();
  };
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Delete…
      </Button>
      <Confirm
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`Delete ${name}?`}
        confirm={`Delete ${kind}`}
        isDangerous
        mustType={name}
        isPending={isPending}
        error={error}
        onConfirm={() => onDelete({ onSuccess })}
      >
        {children}
      </Confirm>
    </>
  );
}
