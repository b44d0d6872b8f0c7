// The secrets of datacenter objects on import: which objects have one, and by which reference a person supplies it.

import { keysOf, pointer } from '../../../config/read/place.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import type { LeftOver, NeededSecret } from '../../importer.ts';
import type { HostReader } from '../../manager.ts';
import { DATACENTER_FILE } from '../../places.ts';
import type { ObjectInventory } from '../observe.ts';
import type { ObjectRow } from '../row.ts';

/** Names of the objects that have a secret, by its option, where their options do not show it. */
export type StoredSecrets = Readonly<Record<string, ReadonlySet<string>>>;

/** Asks the host which objects have a secret. Nothing is asked where no object may have such a secret. */
export async function storedSecrets(
  row: ObjectRow,
  host: HostReader,
  { objects }: ObjectInventory,
): Promise<StoredSecrets> {
  const asked = Object.entries(row.secrets ?? {}).map(async ([option, { stored, refuses }]) => {
    const mayHaveOne = [...objects.keys()].some((name) => refuses(name, {}) === null);
    return stored?.by === 'host' && mayHaveOne ? [[option, await stored.objects(host)] as const] : [];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

interface ImportedObject {
  /** The options that its declaration has. */
  readonly declared: JsonObject;
  /** The options that Proxmox has. */
  readonly present: Options;
  /** The objects that have a secret, where the host was asked. */
  readonly stored: StoredSecrets;
}

/**
 * The secrets that have to be supplied, each by reference to a file named after the object.
 *
 * @param folder the folder of these files
 */
export function neededSecrets(
  row: ObjectRow,
  name: string,
  { declared: options, present, stored }: ImportedObject,
  folder: string,
): NeededSecret[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { stored: presence, multiple, refuses, describes }]) => {
    const isShown = presence?.by === 'options' && presence.has(options);
    const isKnown = isShown || stored[option]?.has(name) === true;
    const isThere = multiple === undefined ? isKnown : present[option] !== undefined;
    if (!isThere || refuses(name, options) !== null) return [];
    // Where there are several, their names are in Proxmox's file.
    const keys = multiple === undefined ? [] : namesIn(present[option] ?? []);
    return (multiple === undefined ? [[option]] : keys.map((key) => [option, key])).map((at) => ({
      reference: `file:${folder}/${row.kind}-${name}.${at.join('.')}`,
      for: `${row.kind}/${name} ${at.join(' ')}`,
      put: describes.replace(/, by reference.*$/, ''),
      file: DATACENTER_FILE,
      path: pointer([row.field, name, ...at]),
    }));
  });
}

function namesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => /(?:^|,)name=([^,]+)/.exec(text)?.[1] ?? []);
}

/** The references as options of the object: a single one, or several by name. */
export function referencesTo(needed: readonly NeededSecret[]): JsonObject {
  const options: Record<string, Json> = {};
  for (const { path, reference } of needed) {
    const [, , option = '', key] = keysOf(path);
    const more = options[option] as JsonObject | undefined;
    options[option] = key === undefined ? { $secret: reference } : { ...more, [key]: { $secret: reference } };
  }
  return options;
}

/** Secrets of which the host does not say whether there is one. */
export function doubtfulSecrets(row: ObjectRow, name: string, options: JsonObject, place: string): LeftOver[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { stored }]) => {
    const doubt = stored?.by === 'nothing' ? stored.why(options) : null;
    return doubt === null ? [] : [{ what: `${row.kind}/${name} ${option} (${place})`, why: doubt }];
  });
}
