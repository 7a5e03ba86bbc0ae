// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
const COLOUR = /\u001b\[[0-9;]*m/g;

/** Characters on the screen, colours aside. */
function width(text: string): number {
  return text.replace(COLOUR, '').length;
}

export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Rows in columns two spaces apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(cell));
    });
  return rows.map((row) =>
    `${indent}${row.map((cell, i) => (i === row.length - 1 ? cell : padTo(cell, widths[i] ?? 0))).join('  ')}`.trimEnd(),
  );
}
