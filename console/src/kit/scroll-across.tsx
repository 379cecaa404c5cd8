import { Box, Table } from '@mantine/core';
import { type ReactNode, type RefCallback, useEffect, useState } from 'react';

/**
 * A table that may be wider than the screen. What lies beyond the edge is announced by a shadow and by a bar that is always
 * there, on phones too; the keyboard reaches it (WCAG 2.2 §2.1.1).
 */
export function ScrollAcross({
  label,
  minWidth,
  children,
}: {
  /** What is in it. */
  label: string;
  minWidth: number;
  /** `isCut`: something lies beyond the right edge, and nobody said so yet. */
  children: ReactNode | ((isCut: boolean) => ReactNode);
}) {
  const { container, isWide, isCut } = useCut();
  const tellsItself = typeof children === 'function';
  return (
    <Box pos="relative">
      <Table.ScrollContainer
        minWidth={minWidth}
        scrollAreaProps={{
          type: 'auto',
          scrollbars: 'x',
          offsetScrollbars: 'present',
          scrollbarSize: 10,
          viewportRef: container,
          ...(isWide && {
            viewportProps: {
              tabIndex: 0,
              role: 'group',
              'aria-label': `${label}: more to the side`,
              style: { outlineOffset: -2 },
            },
          }),
        }}
      >
        {tellsItself ? children(isCut) : children}
      </Table.ScrollContainer>
      {isCut && !tellsItself && <Edge right={0} />}
    </Box>
  );
}

/** The shadow where columns go on beneath something, or beyond the edge. */
export function Edge({ right }: { right: number | string }) {
  return (
    <Box
      component="span"
      aria-hidden
      pos="absolute"
      top={0}
      bottom={0}
      right={right}
      w={14}
      style={{
        pointerEvents: 'none',
        background: 'linear-gradient(to left, light-dark(#0003, #000b), transparent)',
      }}
    />
  );
}

/** Whether it is wider than there is room for, and something lies beyond the right edge now. */
function useCut(): { container: RefCallback<HTMLElement>; isWide: boolean; isCut: boolean } {
  const [current, setContainer] = useState<HTMLElement | null>(null);
  const [isWide, setWide] = useState(false);
  const [isCut, setCut] = useState(false);
  useEffect(() => {
    if (current === null) return;
    const look = () => {
      const beyond = current.scrollWidth - current.clientWidth;
      setWide(beyond > 1);
      setCut(beyond - current.scrollLeft > 1);
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(current);
    for (const child of current.children) observer.observe(child);
    current.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      current.removeEventListener('scroll', look);
    };
  }, [current]);
  return { container: setContainer, isWide, isCut };
}
