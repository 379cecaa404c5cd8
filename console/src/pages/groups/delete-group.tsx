import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { deleteGroupEndpoint, type GroupItem } from '../../../../contract/groups.ts';
import { useChange } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';

/** Asks before a user group goes. */
export function DeleteGroup({
  group,
  onClose,
  onDeleted,
}: {
  group: Pick<GroupItem, 'id' | 'name' | 'memberCount'>;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const change = useChange(deleteGroupEndpoint);
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Delete ${group.name}?`}
      confirm="Delete user group"
      isDangerous
      isPending={change.isPending}
      error={change.error}
      onConfirm={() =>
        change.mutate(
          { params: { group: String(group.id) } },
          {
            onSuccess: () => {
              notifications.show({ message: `Deleted: ${group.name}`, color: 'green' });
              onDeleted();
            },
          },
        )
      }
    >
      <Text>
        {group.memberCount === 0
          ? 'It has no members.'
          : `Its ${group.memberCount === 1 ? 'member keeps the account' : `${group.memberCount} members keep their accounts`}, and what they may do.`}{' '}
        The group itself cannot be brought back.
      </Text>
    </Confirm>
  );
}
