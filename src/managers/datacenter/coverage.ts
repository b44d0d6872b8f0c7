// Which objects of the datacenter can be declared, and what of each cannot, as the table of docs/coverage.md.

import { methodSchemas } from '../../proxmox/table.ts';
import { markOf, type ObjectRow } from './row.ts';
import { ROWS } from './rows.ts';

/** In the manner of the formatter, so that it leaves the page as it is. */
export function objectsTable(): string {
  const lines = [
    ['field', "Proxmox's API", 'whose it is', 'not declared'],
    ...ROWS.map((row) => [`\`${row.field}\``, `\`${row.paths.change}\``, ownerOf(row), leftOutOf(row)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const printed = lines.map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`);
  const [head = '', ...rest] = printed;
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

function ownerOf(row: ObjectRow): string {
  if (row.single !== undefined) return "nobody's: it is there always";
  const mark = markOf(row);
  return mark === null ? 'known by the ledger' : `said in \`${mark}\``;
}

/** With the reasons beside the row. */
function leftOutOf({ without, paths, secrets }: ObjectRow): string {
  const known = new Set([
    ...(methodSchemas(`PUT ${paths.change}`)?.keys() ?? []),
    ...(methodSchemas(`POST ${paths.create}`)?.keys() ?? []),
  ]);
  const names = without.filter((option) => known.has(option)).map((option) => `\`${option}\``);
  const byReference = Object.keys(secrets ?? {}).map((option) => `\`${option}\` by reference alone`);
  return [...names, ...byReference].join(', ') || 'everything is';
}
