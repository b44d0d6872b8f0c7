// The datacenter tables of docs/coverage.md: what Phoenix can declare, compared with the bpg Terraform provider.

import { methodSchemas } from '../../proxmox/parameters/table.ts';
import { inTicks, markdownTable, PEER } from '../guest/options/coverage.ts';
import { isInherent, markOf } from './options/row-options.ts';
import type { ObjectRow } from './row.ts';
import { ROWS } from './rows.ts';

/** The content of docs/bpg-provider.json. */
export interface Beside {
  /** Where the provider's resources were read. */
  readonly source: string;
  readonly options: Readonly<Record<'lxc' | 'vm', Readonly<Record<string, readonly string[]>>>>;
  /** Features that are not options of a guest. */
  readonly others: readonly { readonly what: string; readonly theirs: readonly string[]; readonly here: string }[];
  readonly objects: readonly {
    readonly what: string;
    /** The kinds of target that cover it; only those that are rows of the datacenter count. */
    readonly kinds: readonly string[];
    /** Names of the provider's resources. */
    readonly theirs: readonly string[];
    /** How it is declared where no row covers it. */
    readonly otherwise?: string;
  }[];
}

/** Each object of a datacenter or node with the field of its row; else how it is declared, or that it is not. */
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

/** Each field of the datacenter's file: who owns its objects, and which options cannot be declared. */
export function rowsTable(): string {
  return markdownTable(
    ['field', "Proxmox's API", 'whose it is', 'not declared'],
    ROWS.map((row) => [`\`${row.field}\``, `\`${row.paths.change}\``, ownerOf(row), leftOutOf(row)]),
  );
}

function ownerOf(row: ObjectRow): string {
  if (row.single !== undefined) return "nobody's: it is there always";
  if (isInherent(row)) return "nobody's: it is there with the vnet";
  const mark = markOf(row);
  return mark === null ? 'known by the ledger' : `said in \`${mark}\``;
}

/** The options that cannot be declared; the reasons are comments at the row. */
function leftOutOf({ without, paths, secrets }: ObjectRow): string {
  const known = new Set([
    ...(methodSchemas(`PUT ${paths.change}`)?.keys() ?? []),
    ...(methodSchemas(`POST ${paths.create}`)?.keys() ?? []),
  ]);
  const names = without.filter((option) => known.has(option)).map((option) => `\`${option}\``);
  const byReference = Object.keys(secrets ?? {}).map((option) => `\`${option}\` by reference alone`);
  return [...names, ...byReference].join(', ') || 'everything is';
}
