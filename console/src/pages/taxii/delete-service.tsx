import { Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { deleteTaxiiServiceEndpoint, type TaxiiServiceItem } from '../../../../contract/taxii-services.ts';
import { useChange } from '../../api/queries.ts';
import { Confirm } from '../../kit/confirm.tsx';
import { ScreenLink } from '../../kit/link.tsx';
import { apiRootUrl } from './addresses.ts';

type Props = { service: TaxiiServiceItem; isOpen: boolean; onClose: () => void; onDeleted?: () => void };

/** Asks before a TAXII service is deleted; while TAXII users are bound to it, says who has to go first. */
export function DeleteService({ service, isOpen, onClose, onDeleted }: Props) {
  const remove = useChange(deleteTaxiiServiceEndpoint);
  const bound = service.taxiiUsers ?? 0;
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <Confirm
      isOpen={isOpen}
      onClose={close}
      title={`Delete ${service.name}?`}
      confirm="Delete TAXII service"
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() =>
        remove.mutate(
          { params: { service: String(service.id) } },
          {
            onSuccess: () => {
              notifications.show({ message: `${service.name} is deleted` });
              onClose();
              onDeleted?.();
            },
          },
        )
      }
    >
      <Stack gap="xs">
        <Text>
          Nothing answers at {apiRootUrl(service.path)} any more. Collections and their objects stay, and are
          reached through other TAXII services.
        </Text>
        {bound > 0 && (
          <Text>
            {bound === 1 ? '1 TAXII user is' : `${bound.toLocaleString('en')} TAXII users are`} bound to it,
            and as long as there are any it cannot be deleted.{' '}
            <ScreenLink
              to="/accounts"
              search={{ kind: 'taxii', service: String(service.id) }}
              underline="always"
            >
              Show them
            </ScreenLink>
          </Text>
        )}
      </Stack>
    </Confirm>
  );
}
