/** What of the address's query a screen knows: texts, by name. Everything else is dropped. */
export function textSearch<const Name extends string>(
  search: Record<string, unknown>,
  names: readonly Name[],
): { [K in Name]?: string } {
  const known: { [K in Name]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') known[name] = value;
    // The router reads what looks like a number, or a switch, as one.
    else if (typeof value === 'number' || typeof value === 'boolean') known[name] = String(value);
  }
  return known;
}
