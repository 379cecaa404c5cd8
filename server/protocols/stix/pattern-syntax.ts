/**
 * Basic syntax of a STIX pattern (STIX 2.1 §9): quotes and brackets are closed, there is an observation expression
 * `[…]`, and none is empty or inside another. Returns what is wrong, or undefined.
 */
export function findPatternFault(pattern: string): string | undefined {
  const open: string[] = [];
  let observations = 0;
  let observing = 0; // open [
  let content = false; // anything but white space since the last opening bracket
  for (let i = 0; i < pattern.length; i++) {
    const current = pattern.charAt(i);
    if (current === "'") {
      i = endOfString(pattern, i);
      if (i < 0) return 'a string is not closed';
      content = true;
    } else if (current === '[' || current === '(') {
      if (current === '[' && observing > 0 && !inPathStep(pattern, i))
        return 'an observation expression is inside another';
      open.push(current);
      if (current === '[') {
        observing++;
        observations++;
      }
      content = false;
    } else if (current === ']' || current === ')') {
      if (open.pop() !== (current === ']' ? '[' : '(')) return `an unexpected ${current}`;
      if (!content) return 'an expression is empty';
      if (current === ']') observing--;
    } else if (current.trim() !== '') {
      content = true;
    }
  }
  if (open.length > 0) return `${open.at(-1)} is not closed`;
  return observations === 0 ? 'there is no observation expression, [...]' : undefined;
}

/** Strings escape the quote and the backslash with a backslash. */
function endOfString(pattern: string, start: number): number {
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === "'") return i;
  }
  return -1;
}

/** An index into a list stands right behind a property: `values[0]`, `sections[*]`. */
function inPathStep(pattern: string, bracket: number): boolean {
  return (
    /^\[(?:\d+|\*)\]/.test(pattern.slice(bracket, bracket + 12)) && /[\w'-]/.test(pattern.charAt(bracket - 1))
  );
}
