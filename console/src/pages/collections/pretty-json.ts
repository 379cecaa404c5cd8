/** JSON text with its members on lines of their own. Every token stays as it is written: numbers, escapes, members twice. */
export function prettyJson(text: string): string {
  let pretty = '';
  let depth = 0;
  const newLine = () => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = endOfString(text, at);
      pretty += text.slice(at, end);
      at = end - 1;
    } else if (character === '{' || character === '[') {
      const close = nextToken(text, at + 1);
      if (text[close] === '}' || text[close] === ']') {
        pretty += `${character}${text.charAt(close)}`;
        at = close;
      } else {
        depth++;
        pretty += `${character}${newLine()}`;
      }
    } else if (character === '}' || character === ']') {
      depth--;
      pretty += `${newLine()}${character}`;
    } else if (character === ',') pretty += `,${newLine()}`;
    else if (character === ':') pretty += ': ';
    else if (!/\s/.test(character)) pretty += character;
  }
  return pretty;
}

/** Behind the quote that ends the string. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function nextToken(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text.charAt(at))) at++;
  return at;
}
