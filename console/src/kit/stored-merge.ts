type Mine<Values> = {
  /** What was stored when the editing began. */
  base: Values;
  /** What is entered. */
  values: Values;
  /** What has been saved since. */
  sent?: Values | undefined;
};

/**
 * What a form shows once something newer is stored: what was not touched follows it, what was entered stays. In conflict
 * is what both have changed, to different values; opaque values, which are not shown, differ always.
 */
export function merge<Values extends Record<string, string | number | boolean>>(
  { base, values, sent }: Mine<Values>,
  stored: Values,
  isOpaque = false,
): { values: Values; conflicts: (keyof Values & string)[] } {
  const names = Object.keys(stored) as (keyof Values & string)[];
  const merged = { ...stored };
  const conflicts: (keyof Values & string)[] = [];
  for (const name of names) {
    const isSaved = sent !== undefined && values[name] === sent[name];
    if (values[name] === base[name] || isSaved) continue;
    merged[name] = values[name];
    const isOwn = sent !== undefined && (stored[name] === sent[name] || isOpaque);
    const isChanged = isOpaque || stored[name] !== base[name];
    if (isChanged && stored[name] !== values[name] && !isOwn) conflicts.push(name);
  }
  return { values: merged, conflicts };
}
