import { Button, Checkbox, Menu, Stack } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconColumns } from '@tabler/icons-react';
import type { Column } from './data-table.tsx';

/** The columns that somebody wants to see of a table, kept in this browser under its name. */
export function useColumnChoice<Row>(name: string, columns: readonly Column<Row>[]) {
  const usual = columns.filter(({ isExtra }) => isExtra !== true).map(({ id }) => id);
  // What was chosen otherwise than it is usual: the answers do not have the same columns for everybody.
  const [others, setOthers] = useLocalStorage<Record<string, boolean>>({
    key: `taxiway-columns-of-${name}`,
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const chosen = columns.map(({ id }) => id).filter((id) => others[id] ?? usual.includes(id));
  const setChosen = (ids: string[]) =>
    setOthers({
      ...others,
      ...Object.fromEntries(
        columns
          .map(({ id }) => [id, ids.includes(id)] as const)
          .filter(([id, isThere]) => isThere !== (others[id] ?? usual.includes(id))),
      ),
    });
  const shown = columns.filter(({ id, isFixed }) => isFixed === true || chosen.includes(id));
  return { shown, chosen, setChosen, reset: () => setOthers({}) };
}

/** Chooses the columns of a table. */
export function ColumnChoice<Row>({
  columns,
  chosen,
  setChosen,
  reset,
}: {
  columns: readonly Column<Row>[];
  chosen: readonly string[];
  setChosen: (ids: string[]) => void;
  reset: () => void;
}) {
  return (
    <Menu closeOnItemClick={false} position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconColumns size={16} aria-hidden />}>
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Stack gap={6} p="xs">
          {columns
            .filter(({ isFixed }) => isFixed !== true)
            .map(({ id, header }) => (
              <Checkbox
                key={id}
                label={header}
                checked={chosen.includes(id)}
                onChange={({ currentTarget }) =>
                  setChosen(currentTarget.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
                }
              />
            ))}
          <Button variant="subtle" size="compact-sm" onClick={reset}>
            Show the usual ones
          </Button>
        </Stack>
      </Menu.Dropdown>
    </Menu>
  );
}
