import { createHash } from 'node:crypto';
import { ERRORS } from '../../contract/errors.ts';
import type { JsonSchema, OpenApi, Operation } from './openapi.ts';

const STYLE = `
:root{color-scheme:light dark;--text:#1c2430;--soft:#5a6675;--back:#fff;--panel:#f4f6f9;--line:#d8dee6;--accent:#0b5cad}
@media(prefers-color-scheme:dark){:root{--text:#e6eaf0;--soft:#9aa7b7;--back:#12161c;--panel:#1a2029;--line:#303a47;--accent:#6cb2ff}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--back)}
a{color:var(--accent)}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.page{max-width:78rem;margin:auto;padding:1rem}
nav{padding:.75rem 1rem;background:var(--panel);border-radius:.5rem}
nav ul{margin:0;padding:0;list-style:none}
nav a{text-decoration:none}
nav .operations{display:none;margin:0 0 .75rem;font-size:.85rem}
nav .operations li{margin:.15rem 0}
nav .operations a{color:var(--text)}
nav .operations b{color:var(--soft);font-weight:600}
section{margin-top:2.5rem}
article{margin:1.25rem 0;padding:1rem;border:1px solid var(--line);border-radius:.5rem}
article:target{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent)}
h1{margin-top:.5rem}h3{margin:0;font-size:1.05rem;font-weight:600}
h3 a{color:inherit;text-decoration:none}
h4{margin:1rem 0 .25rem;font-size:.9rem}
p{max-width:46rem}
.method{display:inline-block;min-width:4.2em;margin-right:.5em;padding:.05em .4em;border:1px solid var(--line);border-radius:.3em;font:600 .8rem ui-monospace,monospace;text-align:center;background:var(--panel)}
.soft{color:var(--soft)}
.scroll{overflow-x:auto}
table{width:100%;min-width:26rem;border-collapse:collapse;table-layout:fixed;font-size:.9rem}
.fields th:first-child{width:38%}.fields th:nth-child(2){width:32%}.codes th:first-child{width:5rem}.errors th:first-child{width:5rem}
th,td{padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}
summary{cursor:pointer;margin-top:.75rem;font-size:.9rem;font-weight:600}
@media(min-width:60rem){
.page{display:grid;grid-template-columns:19rem minmax(0,1fr);gap:2.5rem}
nav{position:sticky;top:1rem;align-self:start;max-height:calc(100vh - 2rem);overflow:auto}
nav .operations{display:block}
}
@media print{nav{display:none}}
`;

/** Nothing but this page and its own style: no script, no frame, no form, nothing from elsewhere. */
export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

type Named = { method: string; path: string; operation: Operation };

/** The document as a page for people: HTML without script, whose every text is searchable with the browser's own search. */
export function docsPageOf(document: OpenApi): string {
  const root = document.servers[0]?.url ?? '';
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]): Named => ({ method: method.toUpperCase(), path, operation }),
    ),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    id: `tag-${slug(name)}`,
    operations: operations.filter(({ operation }) => operation.tags.includes(name)),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(document.info.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<div class="page">
<nav aria-label="Contents">
<ul>
${groups.map(({ name, id, operations: own }) => `<li><a href="#${id}">${text(name)}</a>${contents(own)}</li>`).join('\n')}
<li><a href="#errors">Errors</a></li>
</ul>
</nav>
<main>
<h1>${text(document.info.title)}</h1>
${paragraphs(document.info.description)}
<p>All paths are below <code>${text(root)}</code>. For programs: <a href="/rest/openapi.json">/rest/openapi.json</a> (OpenAPI ${text(document.openapi)}).</p>
${groups.map(({ name, id, operations: own }) => `<section id="${id}">\n<h2>${text(name)}</h2>\n${own.map(article).join('\n')}\n</section>`).join('\n')}
<section id="errors">
<h2>Errors</h2>
${fieldTable(document.components.schemas.Error)}
${table(
  'errors',
  ['Status', 'Code', 'Meaning'],
  Object.entries(ERRORS).map(([code, { status, title }]) => [
    String(status),
    `<code>${text(code)}</code>`,
    text(title),
  ]),
)}
</section>
</main>
</div>
</body>
</html>
`;
}

function contents(operations: readonly Named[]): string {
  const items = operations.map(
    ({ method, path, operation }) =>
      `<li><a href="#${operation.operationId}"><code><b>${method}</b> ${pathText(path)}</code></a></li>`,
  );
  return `<ul class="operations">${items.join('')}</ul>`;
}

function article({ method, path, operation }: Named): string {
  const { operationId, summary, description = '', parameters = [], requestBody, responses } = operation;
  const parts = [
    `<h3><a href="#${operationId}"><span class="method">${method}</span><code>${pathText(path)}</code></a></h3>`,
    `<p>${inline(summary)}${operation.security?.length !== 0 ? '' : ' <span class="soft">Needs no session.</span>'}</p>`,
    ...(description === '' ? [] : [paragraphs(description)]),
  ];
  if (parameters.length > 0) {
    const rows = parameters.map(({ name, in: where, required, schema, description }) => [
      `<code>${text(name)}</code>`,
      `${text(typeOf(schema))} <span class="soft">${where}${required ? '' : ', optional'}</span>`,
      notesOf({ ...schema, ...(description === undefined ? {} : { description }) }),
    ]);
    parts.push('<h4>Parameters</h4>', table('fields', ['Name', 'Type', 'Meaning'], rows));
  }
  const input = requestBody?.content['application/json']?.schema;
  if (input !== undefined) parts.push('<h4>Body</h4>', fieldTable(input));
  const isDone = (status: string) => status.startsWith('2');
  for (const [status, { content = {} }] of Object.entries(responses).filter(([each]) => isDone(each))) {
    const [media, answer] = Object.entries(content)[0] ?? [];
    if (media === undefined || answer === undefined)
      parts.push(`<p>Answers <code>${status}</code> without a body.</p>`);
    else if (answer.schema.type === 'string')
      parts.push(`<p>Answers <code>${status}</code> with a file of type <code>${text(media)}</code>.</p>`);
    else parts.push(`<details><summary>Answer ${status}</summary>\n${fieldTable(answer.schema)}\n</details>`);
  }
  const refusals = Object.entries(responses)
    .filter(([status]) => !isDone(status))
    .map(([status, { description }]) => [status, inline(description)]);
  parts.push(
    `<details><summary>Refusals</summary>\n${table('codes', ['Status', 'Codes'], refusals)}\n</details>`,
  );
  return `<article id="${operationId}">\n${parts.join('\n')}\n</article>`;
}

function fieldTable(schema: JsonSchema): string {
  return table('fields', ['Field', 'Type', 'Meaning'], rowsOf(schema, ''));
}

/** The fields of a schema, each with its whole path. */
function rowsOf(schema: JsonSchema, prefix: string): string[][] {
  const forms = formsOf(schema);
  if (forms.length > 1) {
    return forms.flatMap((form, index) => {
      const rows = rowsOf(form, prefix);
      const label = `<span class="soft">${prefix === '' ? '' : `${text(prefix)}: `}form ${index + 1} of ${forms.length}</span>`;
      return rows.length === 0 ? [] : [[label, '', ''], ...rows];
    });
  }
  const [only = schema] = forms;
  if (only.items !== undefined) return rowsOf(only.items, `${prefix}[]`);
  const fields = Object.entries(only.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const isOptional = only.required?.includes(name) !== true;
    return [
      [
        `<code>${text(path).replaceAll('.', '.<wbr>')}</code>`,
        `${text(typeOf(field))}${isOptional ? ' <span class="soft">optional</span>' : ''}`,
        notesOf(field),
      ],
      ...rowsOf(field, path),
    ];
  });
  const others = only.additionalProperties;
  return typeof others === 'object' ? [...fields, ...rowsOf(others, `${prefix}.*`)] : fields;
}

/** The schemas of which a value has one; null aside. */
function formsOf({ anyOf, oneOf }: JsonSchema): JsonSchema[] {
  return (anyOf ?? oneOf ?? []).filter(({ type }) => type !== 'null');
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(' or ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (typeof schema.additionalProperties === 'object')
    return `object of ${typeOf(schema.additionalProperties)}`;
  if (typeof schema.format === 'string') return `${String(schema.type)} (${schema.format})`;
  return schema.type === undefined ? 'anything' : [schema.type].flat().join(' or ');
}

/** What the field means, within which bounds it is, and what holds without it. */
function notesOf(schema: JsonSchema): string {
  const { description, default: preset } = schema;
  const bounds = new Set(formsOf(schema).map(boundsOf));
  const notes = [
    description === undefined ? '' : inline(description),
    boundsOf(schema),
    // Of several forms each would need its type named.
    bounds.size === 1 ? [...bounds].join('') : '',
    preset === undefined ? '' : `Without it: <code>${text(JSON.stringify(preset))}</code>.`,
  ];
  return notes.filter((note) => note !== '').join(' ');
}

function boundsOf({ minLength, maxLength, minimum, maximum, minItems, maxItems }: JsonSchema): string {
  return [
    range(minLength, maxLength, 'characters'),
    range(minimum, maximum, ''),
    range(minItems, maxItems, 'items'),
  ]
    .filter((note) => note !== '')
    .join(' ');
}

function range(min: unknown, max: unknown, unit: string): string {
  const isGiven = (bound: unknown) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const end = unit === '' ? '.' : ` ${unit}.`;
  if (isGiven(min) && isGiven(max)) return `${min} to ${max}${end}`;
  if (isGiven(max)) return `At most ${max}${end}`;
  return isGiven(min) ? `At least ${min}${end}` : '';
}

function table(
  kind: 'fields' | 'codes' | 'errors',
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return '<p class="soft">No fields.</p>';
  const head = headings.map((heading) => `<th>${heading}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<div class="scroll"><table class="${kind}"><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** A path that breaks where a segment begins. */
const pathText = (path: string) => text(path).replace(/(?<=.)\//g, '<wbr>/');

const slug = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

const paragraphs = (words: string) =>
  words
    .split('\n\n')
    .map((each) => `<p>${inline(each)}</p>`)
    .join('\n');

/** Text with `code` in it. */
const inline = (words: string) => text(words).replace(/`([^`]+)`/g, '<code>$1</code>');

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(words: string): string {
  return words.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);
}
