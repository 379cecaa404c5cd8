import { Button, Checkbox, Group, ScrollArea, Stack, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { publishTermsEndpoint } from '../../../../contract/terms.ts';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { fieldErrors } from '../../kit/forms.ts';
import { ScreenDrawer } from '../../kit/screen-drawer.tsx';
import { NotAllowed, Refusal } from '../../kit/states.tsx';
import { UnsavedGuard } from '../../kit/unsaved.tsx';

/** Puts the next version of the terms of service in the place of the one before. */
export function PublishTermsDrawer() {
  const navigate = useNavigate();
  const { abilities } = useSession();
  const [text, setText] = useState('');
  const [mustBeAccepted, setMust] = useState(false);
  const publish = useChange(publishTermsEndpoint);
  const errors = fieldErrors(publish.error, ['text', 'mustBeAccepted']);
  const close = () => void navigate({ to: '/terms', search: (before) => before });
  if (!abilities['settings.edit'])
    return (
      <ScreenDrawer onClose={close} title="Publish a version">
        <NotAllowed title="You may not publish terms of service">Administrators may.</NotAllowed>
      </ScreenDrawer>
    );
  return (
    <ScreenDrawer onClose={close} title="Publish a version">
      <UnsavedGuard isDirty={text !== '' && !publish.isPending && !publish.isSuccess} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          publish.mutate(
            { body: { text, mustBeAccepted } },
            {
              onSuccess: ({ version }) => {
                notifications.show({ message: `Version ${version} is published` });
                void navigate({ to: '/terms', ignoreBlocker: true });
              },
            },
          );
        }}
      >
        <Stack>
          <ScrollArea.Autosize mah="60vh">
            <Textarea
              label="The terms"
              description="Plain text, which is shown as it stands here; at most 100 kB."
              required
              data-autofocus
              autosize
              minRows={12}
              value={text}
              error={errors.text}
              onChange={({ currentTarget }) => setText(currentTarget.value)}
            />
          </ScrollArea.Autosize>
          <Checkbox
            label="Everybody must accept it"
            description="Also whoever accepted an older one, and those who are signed in now: with their next request they are asked, and reach nothing else before."
            checked={mustBeAccepted}
            error={errors.mustBeAccepted}
            onChange={({ currentTarget }) => setMust(currentTarget.checked)}
          />
          {Object.keys(errors).length === 0 && <Refusal error={publish.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={publish.isPending} disabled={text.trim() === ''}>
              Publish
            </Button>
          </Group>
        </Stack>
      </form>
    </ScreenDrawer>
  );
}
