// Imports `options` of a drive or mount: the keys of its property string that no field covers.

import type { Json } from '../../../model/json.ts';
import { currentKey, type DriveKeys, driveKeys, refusedBy } from '../options/drive-options.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import { plainly } from './options.ts';
import type { Unclaimed } from './unclaimed.ts';

/**
 * The keys of a drive or mount on the host that `options` can declare and no field did, claimed; undefined for none.
 *
 * @param setting its option on the host, the default key of its property string, and the keys that fields declare
 */
export function writtenDriveOptions(
  keys: DriveKeys,
  conf: Unclaimed,
  setting: { readonly key: string; readonly bare: string; readonly declared: readonly string[] },
): Json | undefined {
  const place = keys.places.find((each) => each.replace(/\d+$/, '') === setting.key.replace(/\d+$/, ''));
  if (place === undefined) return undefined;
  const own = { ...keys, places: [place] };
  const options: Record<string, Json> = {};
  for (const [name, value] of Object.entries(parseProperties(conf.peek(setting.key) ?? '', setting.bare))) {
    const key = currentKey(own, name);
    if (setting.declared.includes(name) || !driveKeys(own).has(key) || refusedBy(own, key, value) !== undefined)
      continue;
    options[key] = plainly(value);
    conf.pass(setting.key, [name], setting.bare);
  }
  return Object.keys(options).length === 0 ? undefined : options;
}
