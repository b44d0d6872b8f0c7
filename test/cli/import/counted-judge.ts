// An entry of a guest with many fields, and a judge of it that counts its questions. The bench measures with it too.

import type { Judge, Judged } from '../../../src/cli/import/fields-to-leave.ts';
import type { Json, JsonObject } from '../../../src/model/json.ts';

const FIELDS = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`field${index}`, index]));

export const LARGE_ENTRY: JsonObject = {
  ...{ vmid: 1001, name: 'web', memory_mb: 512 },
  network_config: { ip: '10.0.0.5/24', gw: '10.0.0.1', bridge: 'vmbr0', vlan: 7 },
  ...FIELDS,
  options: { cpu: 'host', args: '-x', foo: { a: 1, b: 2 } },
  disks: [{ bus: 'scsi1' }, { bus: 'scsi2' }, { bus: 'scsi3' }],
};

/** Fields that an entry cannot be without. */
const NEEDED = ['vmid', 'name', 'memory_mb', 'network_config'];

/**
 * @param different ways to what differs, as `options.cpu`; of a list the place in the whole entry
 * @param how whether it is named as in the file, or as on the host
 */
export function countedJudge(different: readonly string[], how: 'named' | 'otherwise') {
  let questions = 0;
  const judged = (entry: JsonObject): Judged | null => {
    if (NEEDED.some((key) => !(key in entry))) return null;
    const found = different.filter((way) => isThere(entry, way.split('.')));
    const fields = found.map((way) => (how === 'named' ? way : `on-host-${way.replaceAll('.', '-')}`));
    return { same: found.length === 0, fields, reason: null };
  };
  const judge: Judge = async (entry) => {
    questions += 1;
    return judged(entry);
  };
  return { judge, whole: judged(LARGE_ENTRY), asked: () => questions };
}

function isThere(entry: JsonObject, way: readonly string[]): boolean {
  let [value, original]: [Json | undefined, Json | undefined] = [entry, LARGE_ENTRY];
  for (const key of way) {
    original = partOf(original, key);
    // An element of a list has another place once others are left.
    value = Array.isArray(value)
      ? value.find((each) => each === original || isSame(each, original))
      : partOf(value, key);
    if (value === undefined) return false;
  }
  return true;
}

function partOf(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, Json>>)[key] : undefined;
}

function isSame(one: Json, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
