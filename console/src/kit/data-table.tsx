import { Box, Checkbox, Group, Skeleton, Table, Text, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';
import {
  Fragment,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { Edge, ScrollAcross } from './scroll-across.tsx';
import { useKnownShortcut } from './shortcuts.tsx';
import { useArrowFromSearch, useReturnToRow } from './table-focus.ts';

export type Column<Row> = {
  id: string;
  header: string;
  render: (row: Row) => ReactNode;
  /** The server's name of the order by this column; without it the column does not sort. */
  sort?: string;
  /** The heading is for those only who do not see the table, such as that of a column of menus. */
  isHeaderHidden?: boolean;
  /** Stays in sight where the table is wider than the screen: at its right end. */
  isSticky?: boolean;
  /** Cannot be chosen away. */
  isFixed?: boolean;
  /** Not shown until somebody chooses it. */
  isExtra?: boolean;
  align?: 'left' | 'right';
  width?: number | string;
};

type Props<Row> = {
  /** What the table holds, for those who do not see it. */
  label: string;
  columns: readonly Column<Row>[];
  /** Undefined while they are on their way. */
  rows: readonly Row[] | undefined;
  keyOf: (row: Row) => string;
  /** What Enter and a click on the row do; links in the row are for the mouse's other buttons. */
  onOpen?: (row: Row) => void;
  /** As the server has it: a column's `sort`, with `-` before it for the other way round. */
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  /** The keys of the rows that are selected, where rows can be. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  /** How a row is called, where rows can be selected. */
  nameOf?: (row: Row) => string;
  /** In place of the rows when there are none. */
  empty?: ReactNode;
  /** What stands under a row that is unfolded; undefined: it is not. */
  detail?: (row: Row) => ReactNode;
  /** What is shown is of the question before. */
  isStale?: boolean;
  /** To the pages before and after this one, where there are any: the arrow keys walk on there. */
  pages?: { next?: (() => void) | undefined; previous?: (() => void) | undefined };
};

const STICKY = { position: 'sticky', right: 0, background: 'var(--mantine-color-body)' } as const;
const SKELETONS = ['a', 'b', 'c', 'd', 'e', 'f'];

/**
 * A page of rows that the server has sorted and cut. Arrow keys walk the rows, and on to the next page; from the search of the
 * list the one down leads to the first of them; Home and End go to the ends, Enter opens, Space selects.
 */
export function DataTable<Row>(props: Props<Row>) {
  const {
    label,
    columns,
    rows,
    keyOf,
    onOpen,
    selected,
    onSelect,
    empty,
    detail,
    isStale = false,
    pages,
  } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const hasSticky = columns.some(({ isSticky }) => isSticky === true);
  const [active, setActive] = useState(0);
  const arriveAt = useRef<'first' | 'last' | null>(null);
  const hasRows = rows !== undefined && rows.length > 0;
  useKnownShortcut('↑ ↓', 'Walk the rows of a table', hasRows);
  useKnownShortcut('Enter', 'Open the row', hasRows && onOpen !== undefined);
  useKnownShortcut('Space', 'Select the row', hasRows && onSelect !== undefined);

  useKnownShortcut('PgDn PgUp', 'Go to the next or previous page', pages !== undefined);

  useEffect(() => {
    if (rows === undefined || isStale || arriveAt.current === null) return;
    const row = arriveAt.current === 'first' ? 0 : rows.length - 1;
    arriveAt.current = null;
    setActive(row);
    rowAt(body.current, row)?.focus();
  }, [rows, isStale]);
  const turn = (to: 'next' | 'previous', row: 'first' | 'last') => {
    const go = pages?.[to];
    if (go === undefined || isStale) return;
    arriveAt.current = row;
    go();
  };
  const focusRow = (index: number) => {
    const row = rowAt(body.current, index);
    if (row === undefined) return;
    setActive(index);
    row.focus();
  };
  useArrowFromSearch(rows === undefined || isStale, () => focusRow(0));
  const { onOpened } = useReturnToRow(label, isStale ? undefined : rows?.map(keyOf), focusRow);
  const open = (row: Row) => {
    onOpened(keyOf(row));
    onOpen?.(row);
  };
  const toggle = (row: Row) => {
    if (selected === undefined || onSelect === undefined) return;
    const key = keyOf(row);
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, index: number, row: Row) => {
    if (event.target !== event.currentTarget || rows === undefined) return;
    const target = {
      ArrowDown: Math.min(index + 1, rows.length - 1),
      ArrowUp: Math.max(index - 1, 0),
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    const isDown = event.key === 'PageDown' || (event.key === 'ArrowDown' && index === rows.length - 1);
    const isUp = event.key === 'PageUp' || (event.key === 'ArrowUp' && index === 0);
    if (pages !== undefined && isDown) turn('next', 'first');
    else if (pages !== undefined && isUp) turn('previous', event.key === 'PageUp' ? 'first' : 'last');
    else if (target !== undefined) focusRow(target);
    else if (event.key === 'Enter' && onOpen !== undefined) open(row);
    else if (event.key === ' ' && onSelect !== undefined) toggle(row);
    else return;
    event.preventDefault();
  };

  if (rows !== undefined && rows.length === 0) return <>{empty}</>;
  const table = (isCut: boolean) => (
    <Table aria-label={label} aria-busy={rows === undefined || isStale} opacity={isStale ? 0.6 : 1}>
      <Head {...props} isCut={isCut} />
      <Table.Tbody ref={body}>
        {rows === undefined
          ? SKELETONS.map((key) => (
              <Table.Tr key={key}>
                {onSelect !== undefined && <Table.Td />}
                {columns.map((column) => (
                  <Table.Td key={column.id}>
                    <Skeleton height={14} my={4} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))
          : rows.map((row, index) => (
              <Fragment key={keyOf(row)}>
                <Table.Tr
                  data-row
                  tabIndex={index === Math.min(active, rows.length - 1) ? 0 : -1}
                  aria-selected={selected === undefined ? undefined : selected.has(keyOf(row))}
                  onFocus={() => setActive(index)}
                  onKeyDown={(event) => onKeyDown(event, index, row)}
                  onClick={(event) => {
                    if (onOpen !== undefined && isMeantForRow(event)) open(row);
                    else if (isOnLink(event)) onOpened(keyOf(row));
                  }}
                  style={onOpen === undefined ? undefined : { cursor: 'pointer' }}
                >
                  {onSelect !== undefined && (
                    <Table.Td w={40}>
                      <Checkbox
                        aria-label={`Select ${props.nameOf?.(row) ?? keyOf(row)}`}
                        checked={selected?.has(keyOf(row)) ?? false}
                        onChange={() => toggle(row)}
                      />
                    </Table.Td>
                  )}
                  {columns.map((column) => (
                    <Table.Td
                      key={column.id}
                      ta={column.align ?? 'left'}
                      w={column.width}
                      style={column.isSticky === true ? STICKY : undefined}
                    >
                      {column.isSticky === true && isCut && <Edge right="100%" />}
                      {column.render(row)}
                    </Table.Td>
                  ))}
                </Table.Tr>
                <Detail columns={columns.length + (onSelect === undefined ? 0 : 1)}>{detail?.(row)}</Detail>
              </Fragment>
            ))}
      </Table.Tbody>
    </Table>
  );
  return (
    <ScrollAcross label={label} minWidth={Math.min(900, 140 * columns.length)}>
      {hasSticky ? table : table(false)}
    </ScrollAcross>
  );
}

/** The row of that number; what is unfolded under rows is none. */
const rowAt = (body: HTMLElement | null, index: number) =>
  body?.querySelectorAll<HTMLTableRowElement>(':scope > [data-row]')[index];

function Detail({ columns, children }: { columns: number; children: ReactNode }) {
  if (children === undefined) return null;
  return (
    <Table.Tr style={{ background: 'transparent' }}>
      <Table.Td colSpan={columns}>{children}</Table.Td>
    </Table.Tr>
  );
}

/** Not what does something of its own when it is clicked, what floats above the row, or the marking of a text. */
function isMeantForRow({ target, currentTarget }: MouseEvent<HTMLTableRowElement>): boolean {
  return (
    target instanceof Element &&
    currentTarget.contains(target) &&
    target.closest('a, button, input, label') === null &&
    (getSelection()?.isCollapsed ?? true)
  );
}

const isOnLink = ({ target }: MouseEvent) => target instanceof Element && target.closest('a') !== null;

function Head<Row>({
  columns,
  rows,
  keyOf,
  sort,
  onSort,
  selected,
  onSelect,
  isCut,
}: Props<Row> & { isCut: boolean }) {
  const keys = rows?.map(keyOf) ?? [];
  const count = keys.filter((key) => selected?.has(key)).length;
  return (
    <Table.Thead>
      <Table.Tr>
        {onSelect !== undefined && (
          <Table.Th w={40}>
            <Checkbox
              aria-label="Select all rows of this page"
              checked={count > 0 && count === keys.length}
              indeterminate={count > 0 && count < keys.length}
              onChange={() => {
                const others = [...(selected ?? [])].filter((key) => !keys.includes(key));
                onSelect(new Set(count === keys.length ? others : [...others, ...keys]));
              }}
            />
          </Table.Th>
        )}
        {columns.map(({ id, header, isHeaderHidden, isSticky, sort: name, align = 'left' }) => {
          const isUp = name !== undefined && sort === name;
          const isDown = name !== undefined && sort === `-${name}`;
          return (
            <Table.Th
              key={id}
              ta={align}
              style={isSticky === true ? STICKY : { position: 'relative' }}
              aria-sort={name === undefined ? undefined : isUp ? 'ascending' : isDown ? 'descending' : 'none'}
            >
              {isSticky === true && isCut && <Edge right="100%" />}
              {name === undefined || onSort === undefined ? (
                <Text span size="sm" fw={600} className={isHeaderHidden === true ? 'visually-hidden' : ''}>
                  {header}
                </Text>
              ) : (
                <UnstyledButton onClick={() => onSort(isUp ? `-${name}` : name)}>
                  <Group gap={4} wrap="nowrap" justify={align === 'right' ? 'flex-end' : 'flex-start'}>
                    <Text span size="sm" fw={600}>
                      {header}
                    </Text>
                    <Box component="span" aria-hidden lh={0}>
                      {isUp ? (
                        <IconArrowUp size={14} />
                      ) : isDown ? (
                        <IconArrowDown size={14} />
                      ) : (
                        <IconArrowsSort size={14} opacity={0.45} />
                      )}
                    </Box>
                  </Group>
                </UnstyledButton>
              )}
            </Table.Th>
          );
        })}
      </Table.Tr>
    </Table.Thead>
  );
}
