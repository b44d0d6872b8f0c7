// Imports the software-defined network of a host: what is in force, without changes that somebody made and did not apply.

import type { JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import type { Config } from '../../config.ts';
import {
  type Extent,
  type FoundObject,
  type Imported,
  type Importer,
  type LeftOver,
  NO_FIELD,
} from '../../importer.ts';
import { DATACENTER_FILE } from '../../places.ts';
import { isOfKnownType, placeIn, writtenOptions } from '../import/import-object.ts';
import { optionsOf } from '../options/row-options.ts';
import { isName } from '../schema.ts';
import { ROW_OF, type SdnSpec } from './decide.ts';
import { observeSdn, type SdnState, SORTS, type Sort, unapplied } from './state.ts';

export const sdnImporter: Importer<SdnState, SdnSpec, SdnState, SdnState> = {
  observe: observeSdn,
  written,
  undeclared,
  unreadableFields: [],
};

const BEHIND =
  'this node has not taken over what was applied last, and what is declared would be applied: apply it in Proxmox (pvesh set /cluster/sdn), then import';
const UNAPPLIED =
  'somebody changed it in Proxmox and did not apply it: apply it there, or take it back with pvesh create /cluster/sdn/rollback, then import';

function written(found: SdnState, extent: Extent): Imported {
  const fields: Record<string, Record<string, JsonObject>> = {};
  const places: Record<string, string> = {};
  const left: LeftOver[] = [];
  for (const sort of SORTS) {
    const { field, kind, file } = ROW_OF[sort];
    for (const id of new Set([...found.config[sort].keys(), ...found.running[sort].keys()])) {
      const { entry, left: leftOfIt } = writtenObject(found, sort, id, extent);
      left.push(...leftOfIt);
      if (entry === null) continue;
      places[`${kind}/${entry.name}`] = placeIn(file, found.texts[file] ?? null, id);
      fields[field] = { ...fields[field], [entry.name]: entry.options };
    }
  }
  const isEmpty = Object.keys(fields).length === 0;
  return { files: isEmpty ? {} : { [DATACENTER_FILE]: fields }, texts: {}, secrets: [], left, places };
}

interface WrittenObject {
  /** Its name and options in the file; null where it cannot be declared. */
  readonly entry: { readonly name: string; readonly options: JsonObject } | null;
  readonly left: readonly LeftOver[];
}

function writtenObject(found: SdnState, sort: Sort, id: string, extent: Extent): WrittenObject {
  const leave = (why: string, option = ''): WrittenObject => ({
    entry: null,
    left: [{ what: whatOf(found, sort, id, option), why }],
  });
  const options = found.config[sort].get(id);
  const waiting = unapplied(found, sort, id);
  if (waiting.length > 0 || options === undefined) return leave(UNAPPLIED, waiting.join(', '));
  if (found.version.running !== found.version.here) return leave(BEHIND);
  const row = ROW_OF[sort];
  if (!isOfKnownType(row, options))
    return leave(`an object of type ${typeIn(options)} cannot be declared: it stays as it is`);
  const name = nameOf(sort, id, options);
  if (name === null) return leave('the file takes no such name');
  const strange = Object.keys(options).filter((option) => !optionsOf(row).has(option) && !IN_ID.has(option));
  return {
    entry: { name, options: writtenOptions(row, options, extent) },
    left: strange.map((option) => ({ what: whatOf(found, sort, id, option), why: NO_FIELD })),
  };
}

/** Options that the name or kind of an object already says. */
const IN_ID: ReadonlySet<string> = new Set(['type', 'vnet', 'zone']);

function whatOf({ texts }: SdnState, sort: Sort, id: string, options = ''): string {
  const { kind, file } = ROW_OF[sort];
  return `${kind}/${id}${options === '' ? '' : ` ${options}`} (${placeIn(file, texts[file] ?? null, id)})`;
}

function typeIn({ type, protocol }: Options): string {
  return (type ?? protocol)?.[0] ?? '';
}

/**
 * The object's name in the file; null for one that the file cannot name. In Proxmox a subnet's id contains its zone and network
 * (`inner-10.20.0.0-24`), a fabric node's its fabric and node.
 */
function nameOf(sort: Sort, id: string, options: Options | undefined): string | null {
  const [, network, bits] = /-([^-]+)-(\d+)$/.exec(id) ?? [];
  const name =
    sort === 'subnets'
      ? `${options?.['vnet']?.[0] ?? ''}/${network}/${bits}`
      : sort === 'fabric_nodes'
        ? id.replace('_', '/')
        : id;
  return isName(ROW_OF[sort], name) ? name : null;
}

function undeclared(found: SdnState, { datacenter }: Config): FoundObject[] {
  return SORTS.flatMap((sort) => {
    const { kind } = ROW_OF[sort];
    const declared = new Set(datacenter?.get(kind)?.map(({ name }) => name));
    return [...found.config[sort]].flatMap(([id, options]) => {
      const name = nameOf(sort, id, options) ?? id;
      return declared.has(name) ? [] : [{ object: `${kind}/${name}`, name: null }];
    });
  });
}
