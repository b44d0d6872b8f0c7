// What of a datacenter is declared, beside what another program has: the last tables of docs/coverage.md.

import { methodSchemas } from '../../proxmox/table.ts';
import { inTicks, markdownTable, PEER } from '../guest/options/coverage.ts';
import { markOf, type ObjectRow } from './row.ts';
import { ROWS } from './rows.ts';

/** As docs/bpg-provider.json has it. */
export interface Beside {
  /** Where that was read. */
  readonly source: string;
  readonly options: Readonly<Record<'lxc' | 'vm', Readonly<Record<string, readonly string[]>>>>;
  /** What is no option of a guest. */
  readonly others: readonly { readonly what: string; readonly theirs: readonly string[]; readonly here: string }[];
  readonly objects: readonly {
    readonly what: string;
    /** Kinds of targets that it is, of which those count that are rows of the datacenter. */
    readonly kinds: readonly string[];
    /** Names of resources. */
    readonly theirs: readonly string[];
    /** How it is declared beside any row. */
    readonly otherwise?: string;
  }[];
}

/** Objects of a datacenter and of a node, each with the field of a row, else how it is declared, or that it is not. */
export function objectsTable({ objects }: Beside): string {
  const rows = objects.map(({ what, kinds, theirs, otherwise }) => {
    const fields = ROWS.filter(({ kind }) => kinds.includes(kind)).map(({ field }) => field);
    const declared = [...(fields.length > 0 ? [inTicks(fields)] : []), ...(otherwise === undefined ? [] : [otherwise])];
    return [what, declared.join('; ') || 'not declared', inTicks(theirs)];
  });
  return markdownTable(['object', 'declared by', PEER], rows);
}

export function othersTable({ others }: Beside): string {
  return markdownTable(
    ['of a guest', 'declared by', PEER],
    others.map(({ what, theirs, here }) => [what, here, inTicks(theirs)]),
  );
}

/** Each field of the file of the datacenter, whose its objects are, and what of them cannot be declared. */
export function rowsTable(): string {
  return markdownTable(
    ['field', "Proxmox's API", 'whose it is', 'not declared'],
    ROWS.map((row) => [`\`${row.field}\``, `\`${row.paths.change}\``, ownerOf(row), leftOutOf(row)]),
  );
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
