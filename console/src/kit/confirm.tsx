import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { Refusal } from './states.tsx';

type Props = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What it brings with it, in plain words. */
  children: ReactNode;
  /** What the button says: the deed itself, not "OK". */
  confirm: string;
  onConfirm: () => void;
  isPending?: boolean;
  error?: Error | null;
  isDangerous?: boolean;
  /** What must be typed first: for what cannot be undone. */
  mustType?: string;
  isDisabled?: boolean;
};

/** Asks once more before something with consequences is done. */
export function Confirm(props: Props) {
  const { isOpen, onClose, title, children, confirm, onConfirm, mustType } = props;
  const [typed, setTyped] = useState('');
  const describedBy = useId();
  const close = () => {
    setTyped('');
    onClose();
  };
  const isReady = (mustType === undefined || typed.trim() === mustType) && props.isDisabled !== true;
  return (
    <Modal opened={isOpen} onClose={close} title={title} aria-describedby={describedBy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onConfirm();
        }}
      >
        <Stack>
          <div id={describedBy}>{children}</div>
          {mustType !== undefined && (
            <TextInput
              label={`Type ${mustType} to go on`}
              value={typed}
              autoComplete="off"
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
              data-autofocus
            />
          )}
          <Refusal error={props.error ?? null} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={props.isDangerous === true ? 'red' : undefined}
              disabled={!isReady}
              loading={props.isPending === true}
            >
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
