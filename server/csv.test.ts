import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine, parseCsv } from './csv.ts';
import { AppError } from './errors.ts';

const cellsOf = (text: string) => parseCsv(text).map((row) => row.cells);

function refusal(text: string): { code: string; message: string; path: string | undefined } {
  try {
    parseCsv(text);
  } catch (error) {
    if (error instanceof AppError)
      return { code: error.code, message: error.message, path: error.details.problems?.[0]?.path };
    throw error;
  }
  throw new Error('was not refused');
}

describe('a line of CSV', () => {
  it('separates by commas, ends in CRLF, and quotes what needs it (RFC 4180 §2)', () => {
    expect(csvLine(['a', 'b c', 'd,e', 'say "no"', 'two\r\nlines', 7, true, null, ''])).toBe(
      'a,b c,"d,e","say ""no""","two\r\nlines",7,true,,\r\n',
    );
  });

  it('item 73: escapes a text that begins with = + - @ tab or CR, which a spreadsheet would run', () => {
    for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '＝']) {
      const cell = `${start}cmd|'/C calc'!A0`;
      const [written] = csvLine([cell]).split('\r\n');
      expect(written?.replace(/^"/, '').startsWith("'"), JSON.stringify(cell)).toBe(true);
    }
    expect(csvLine(['=SUM(A1)', '+1', '-1', '@x'])).toBe("'=SUM(A1),'+1,'-1,'@x\r\n");
  });

  it('leaves numbers and other texts as they are', () => {
    expect(csvLine([-5, 'a=b', "O'Neil", "'quoted'"])).toBe("-5,a=b,O'Neil,'quoted'\r\n");
  });
});

describe('reading CSV', () => {
  it('takes quoted cells with commas, doubled quotes and line ends in them', () => {
    expect(cellsOf('a,"b,""c""","d\r\ne"\r\nf,,\r\n')).toEqual([
      ['a', 'b,"c"', 'd\r\ne'],
      ['f', '', ''],
    ]);
  });

  it('takes lines that end in CRLF, LF or CR, and a last one without an end', () => {
    for (const end of ['\r\n', '\n', '\r'])
      expect(cellsOf(`a,b${end}c,d`)).toEqual(cellsOf('a,b\r\nc,d\r\n'));
  });

  it('passes over a byte order mark and empty lines, but not over an empty cell in quotes', () => {
    expect(cellsOf('\ufeffname\r\n\r\n"x"\n\n""\n')).toEqual([['name'], ['x'], ['']]);
    expect(cellsOf('')).toEqual([]);
    expect(cellsOf('\ufeff')).toEqual([]);
  });

  it('numbers rows, and lines as an editor does', () => {
    expect(parseCsv('h\n"a\nb\nc"\n\nd').map(({ row, line }) => [row, line])).toEqual([
      [1, 1],
      [2, 2],
      [3, 6],
    ]);
  });

  it('says in which row and line it is malformed', () => {
    expect(refusal('a\nb,"c')).toMatchObject({
      code: 'invalid_input',
      path: 'row 2',
      message: 'row 2: (line 2) has a quote that is never closed.',
    });
    expect(refusal('a\n"b\nc"\nd"e').message).toContain(
      'row 3: (line 4) has a quote in the middle of a cell',
    );
    expect(refusal('"a"b').message).toContain('row 1: (line 1) has text after the closing quote');
  });

  it('reads no more rows and cells than it is told to', () => {
    expect(parseCsv('a,b\nc,d', { maxRows: 2, maxCells: 2 })).toHaveLength(2);
    expect(() => parseCsv('a\nb\nc', { maxRows: 2 })).toThrow('There are more than 2 rows.');
    expect(() => parseCsv('a\nb,c,d', { maxCells: 2 })).toThrow('row 2: (line 2) has more than 2 cells.');
  });

  it('gives back what was written, whatever it was', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...'a,"\r\n\t=\'-@ '.split('')) }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 2, maxLength: 5 }), { maxLength: 5 }), (rows) => {
        expect(cellsOf(rows.map(csvLine).join(''))).toEqual(rows);
      }),
    );
  });
});
