import { ActionIcon, Badge, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AuditEventShown } from '../../../../contract/audit.ts';
import { type Column, DataTable } from '../../kit/data-table.tsx';
import { Instant } from '../../kit/instant.tsx';
import { Paging, usePages } from '../../kit/paging.tsx';
import { Empty, PageError } from '../../kit/states.tsx';
import { actionText, targetText } from './action-texts.ts';
import { type AuditFilters, type AuditScope, useAuditPage } from './audit-query.ts';
import { EventDetails } from './event-details.tsx';
import { ActorLink, TargetLink } from './event-links.tsx';

const FOLLOW_MS = 5000;

/** The events of a trail, the newest first; it can be followed while it grows. */
export function AuditTrail({
  scope,
  label,
  filters = {},
  actions,
}: {
  scope: AuditScope;
  label: string;
  filters?: AuditFilters;
  actions?: ReactNode;
}) {
  const { after } = useSearch({ strict: false }) as { after?: string };
  const [wantsToFollow, setFollow] = useState(false);
  const isFollowing = wantsToFollow && after === undefined;
  const page = useAuditPage(scope, filters, after, isFollowing ? FOLLOW_MS : undefined);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const rows = page.data?.items;
  const fresh = useFresh(rows, isFollowing);
  const to = usePages(page.data?.next);
  const toggle = ({ id }: AuditEventShown) => {
    const next = new Set(unfolded);
    if (!next.delete(id)) next.add(id);
    setUnfolded(next);
  };
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  if (page.isError && page.data === undefined)
    return <PageError error={page.error} onRetry={() => void page.refetch()} />;
  return (
    <Stack>
      <Group justify="space-between">
        <Group>
          <Switch
            label="Follow"
            description={after === undefined ? 'Looks every 5 seconds' : 'New events stand on the first page'}
            checked={isFollowing}
            disabled={after !== undefined}
            onChange={({ currentTarget }) => setFollow(currentTarget.checked)}
          />
          {isFollowing && page.isError && (
            <Text size="sm" role="status">
              New events cannot be fetched now: {page.error.message}
            </Text>
          )}
          <Text size="sm" c="dimmed" role="status">
            {fresh.size === 0 ? '' : `${fresh.size} new ${fresh.size === 1 ? 'event' : 'events'}`}
          </Text>
        </Group>
        <Group>{actions}</Group>
      </Group>
      <DataTable
        label={label}
        columns={columnsOf(scope.organization === undefined, unfolded, fresh, toggle)}
        rows={rows}
        keyOf={({ id }) => String(id)}
        onOpen={toggle}
        detail={(event) => (unfolded.has(event.id) ? <EventDetails event={event} /> : undefined)}
        isStale={page.isPlaceholderData}
        pages={to}
        empty={
          <Empty
            title={isFiltered ? 'No such event' : 'No events yet'}
            actions={
              to.first === undefined ? undefined : (
                <Button variant="default" onClick={to.first}>
                  First page
                </Button>
              )
            }
          >
            {isFiltered ? 'Nothing matches all of the filters.' : 'What is done from now on stands here.'}
          </Empty>
        }
      />
      <Paging next={page.data?.next} />
    </Stack>
  );
}

/** The events that came while the trail was followed. */
function useFresh(rows: readonly AuditEventShown[] | undefined, isFollowing: boolean): ReadonlySet<number> {
  const newest = useRef<number | undefined>(undefined);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => {
    if (!isFollowing) {
      newest.current = undefined;
      setFresh(new Set());
      return;
    }
    if (rows === undefined) return;
    newest.current ??= Math.max(0, ...rows.map(({ id }) => id));
    const since = newest.current;
    setFresh(new Set(rows.filter(({ id }) => id > since).map(({ id }) => id)));
  }, [rows, isFollowing]);
  return fresh;
}

const OUTCOMES = {
  done: { text: 'Done', color: 'green' },
  refused: { text: 'Refused', color: 'orange' },
  failed: { text: 'Failed', color: 'red' },
} as const;

function columnsOf(
  isInstance: boolean,
  unfolded: ReadonlySet<number>,
  fresh: ReadonlySet<number>,
  toggle: (event: AuditEventShown) => void,
): Column<AuditEventShown>[] {
  return [
    {
      id: 'when',
      header: 'When',
      render: (event) => {
        const isOpen = unfolded.has(event.id);
        const Icon = isOpen ? IconChevronDown : IconChevronRight;
        return (
          <Group gap={4} wrap="nowrap">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-expanded={isOpen}
              aria-label={`Details of event ${event.id}`}
              onClick={() => toggle(event)}
            >
              <Icon size={16} aria-hidden />
            </ActionIcon>
            <Instant at={event.at} />
            {fresh.has(event.id) && (
              <Badge variant="light" size="sm">
                New
              </Badge>
            )}
          </Group>
        );
      },
    },
    { id: 'who', header: 'Who', render: (event) => <ActorLink event={event} /> },
    {
      id: 'what',
      header: 'What',
      render: ({ action, outcome, count }) => (
        <Group gap={6}>
          <Text span inherit>
            {actionText(action)}
          </Text>
          {outcome !== 'done' && (
            <Badge variant="light" size="sm" color={OUTCOMES[outcome].color}>
              {OUTCOMES[outcome].text}
            </Badge>
          )}
          {count > 1 && (
            <Badge variant="light" size="sm" color="gray">
              {count.toLocaleString('en')} times
            </Badge>
          )}
        </Group>
      ),
    },
    {
      id: 'target',
      header: 'To what',
      render: (event) => (
        <>
          <TargetLink event={event} />
          <Text size="xs" c="dimmed">
            {targetText(event.targetKind)}
          </Text>
        </>
      ),
    },
    ...(isInstance
      ? [
          {
            id: 'organization',
            header: 'Organization',
            render: ({ organization }: AuditEventShown) => organization ?? '–',
          },
        ]
      : []),
    { id: 'from', header: 'From', render: ({ sourceAddress }) => sourceAddress ?? '–' },
  ];
}
