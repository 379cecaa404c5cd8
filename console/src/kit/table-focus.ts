import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

/** So long after the last letter the question that was typed is on its way. */
const TYPED_MS = 350;

const isSearch = (target: EventTarget | null): target is HTMLInputElement =>
  target instanceof HTMLInputElement &&
  (target.type === 'search' || 'listSearch' in target.dataset) &&
  target.closest('[role="dialog"]') === null;

/**
 * The arrow down leads from the search of a list to the first of its rows: of those that were asked for, where these are
 * still on their way.
 */
export function useArrowFromSearch(isWaiting: boolean, goToFirst: () => void): void {
  const state = useRef({ isWaiting, goToFirst, wants: false, typedAt: 0 });
  useEffect(() => {
    const now = state.current;
    now.isWaiting = isWaiting;
    now.goToFirst = goToFirst;
    if (!now.wants || isWaiting || Date.now() - now.typedAt < TYPED_MS) return;
    now.wants = false;
    goToFirst();
  });
  useEffect(() => {
    const now = state.current;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arrive = () => {
      if (!now.wants || now.isWaiting) return;
      now.wants = false;
      now.goToFirst();
    };
    const onInput = ({ target }: Event) => {
      if (!isSearch(target)) return;
      now.wants = false;
      now.typedAt = Date.now();
    };
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'ArrowDown' || event.defaultPrevented || !isSearch(event.target)) return;
      event.preventDefault();
      now.wants = true;
      clearTimeout(timer);
      timer = setTimeout(arrive, Math.max(0, TYPED_MS - (Date.now() - now.typedAt)));
    };
    // Whoever goes elsewhere meanwhile stays there.
    const onFocus = () => {
      now.wants = false;
    };
    document.addEventListener('input', onInput);
    document.addEventListener('keydown', onKeyDown);
    document.addEventListener('focusin', onFocus);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('input', onInput);
      document.removeEventListener('keydown', onKeyDown);
      document.removeEventListener('focusin', onFocus);
    };
  }, []);
}

/** The rows that were opened, by the place in the history and the table. */
const opened = new Map<string, string>();

/** Whoever comes back to a table stands on the row that was opened from it. */
export function useReturnToRow(
  table: string,
  keys: readonly string[] | undefined,
  focusRow: (index: number) => void,
): { onOpened: (key: string) => void } {
  const entry = useRouterState({ select: ({ location }) => location.state.__TSR_key ?? '' });
  const place = `${entry} ${table}`;
  const focus = useRef(focusRow);
  focus.current = focusRow;
  const key = keys === undefined ? undefined : opened.get(place);
  const index = key === undefined ? -1 : (keys?.indexOf(key) ?? -1);
  useEffect(() => {
    if (index < 0) return;
    // After the heading of the screen has been given the focus.
    const frame = requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const { activeElement } = document;
        opened.delete(place);
        if (activeElement === document.body || activeElement?.matches('#main, #main h1') === true)
          focus.current(index);
      }),
    );
    return () => cancelAnimationFrame(frame);
  }, [index, place]);
  return { onOpened: (row) => opened.set(place, row) };
}
