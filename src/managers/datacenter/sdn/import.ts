// Imports the software-defined network of a host: what is in force, without changes that somebody made and did not apply.

import type { JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/section-config.ts';
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
import { isOfKnownType, placeIn, writtenOptions } from '../import-object.ts';
import { optionsOf } from '../row-options.ts';
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
  const left: LeftOver[] = [];
  const fields: Record<string, Record<string, JsonObject>> = {};
  const places: Record<string, string> = {};
  const isBehind = found.version.running !== found.version.here;
  for (const sort of SORTS) {
    for (const id of new Set([...found.config[sort].keys(), ...found.running[sort].keys()])) {
      const what = whatOf(found, sort, id);
      const options = found.config[sort].get(id);
      const waiting = unapplied(found, sort, id);
      const name = nameOf(sort, id, options);
      if (waiting.length > 0 || options === undefined)
        left.push({ what: whatOf(found, sort, id, waiting.join(', ')), why: UNAPPLIED });
      else if (isBehind) left.push({ what, why: BEHIND });
      else if (!isOfKnownType(ROW_OF[sort], options))
        left.push({ what, why: `an object of type ${typeIn(options)} cannot be declared: it stays as it is` });
      else if (name === null) left.push({ what, why: 'the file takes no such name' });
      else {
        const row = ROW_OF[sort];
        places[`${row.kind}/${name}`] = placeIn(row.file, found.texts[row.file] ?? null, id);
        fields[row.field] = { ...fields[row.field], [name]: writtenOptions(row, options, extent) };
        const strange = Object.keys(options).filter((option) => !optionsOf(row).has(option) && !IN_ID.has(option));
        for (const option of strange) left.push({ what: whatOf(found, sort, id, option), why: NO_FIELD });
      }
    }
  }
  const isEmpty = Object.keys(fields).length === 0;
  return { files: isEmpty ? {} : { [DATACENTER_FILE]: fields }, texts: {}, secrets: [], left, places };
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
