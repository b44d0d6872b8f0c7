// The form of a guest's spec that its digest in the ledger is computed from. It stays as older versions of Phoenix recorded it, so that an update of
// Phoenix is no change of a guest.

import type { Json, JsonObject } from '../../../model/json.ts';
import { type Interface, type Networks, recordedInterface } from '../proxmox/network.ts';
import { SETTINGS } from './settings.ts';

/** Settings that the first ledgers recorded. */
const FIRST_SETTINGS: ReadonlySet<string> = new Set([
  'cores',
  'memory_mb',
  'swap_mb',
  'start_at_boot',
  'boot_order',
  'boot_delay',
  // Of containers only: VMs got it later.
  'ostype',
]);

/** Other fields that were added to specs after ledgers had recorded guests. */
const LATER_FIELDS: ReadonlySet<string> = new Set([
  'options',
  'pool',
  'taskTimeoutSeconds',
  'env',
  'serial',
  'passthrough',
]);

/** Whether a field was added after ledgers had recorded guests: an undeclared one must not change a digest. Every new setting is one. */
function isLater(name: string, isContainer: boolean): boolean {
  if (name === 'ostype') return !isContainer;
  return LATER_FIELDS.has(name) || (name in SETTINGS && !FIRST_SETTINGS.has(name));
}

/** List entries in their older, simpler form, where they do not use the newer fields. */
function asOnce(name: string, value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value;
  if (name === 'devices')
    return value.map((one) => (Object.values(one).every((each, at) => at === 0 || each === null) ? one.path : one));
  if (name !== 'mounts' && name !== 'volumes') return value;
  return value.map(({ options, ...rest }) => (isEmpty(options) ? rest : { ...rest, options }));
}

function isEmpty(value: unknown): boolean {
  return value == null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/**
 * A spec in the form that its digest is computed from: the names that ledgers have from before settings used the file's names. Settings that were
 * added later are left out while undeclared. So neither counts as a change.
 */
export function asRecorded({
  memory_mb,
  swap_mb,
  start_at_boot,
  boot_order,
  boot_delay,
  ...spec
}: JsonObject): JsonObject {
  const { network_config, networks, ...rest } = spec;
  const isContainer = 'hostname' in spec;
  const others = Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) =>
      isLater(name, isContainer) && isEmpty(value) ? [] : [[name, asOnce(name, value)]],
    ),
  );
  const startup = [
    ...(boot_order == null ? [] : [`order=${boot_order}`]),
    ...(boot_delay == null ? [] : [`up=${boot_delay}`]),
  ];
  return {
    ...others,
    ...recordedNetworks(
      isContainer,
      network_config as Networks['network_config'] | undefined,
      networks as Networks['networks'] | undefined,
    ),
    memoryMb: memory_mb ?? null,
    ...(swap_mb === undefined ? {} : { swapMb: swap_mb }),
    onboot: start_at_boot ?? null,
    startup: startup.length === 0 ? null : startup.join(','),
  };
}

/** Older versions had one interface, named by its key, and a name in containers only. */
function recordedNetworks(
  isContainer: boolean,
  first: Networks['network_config'] | undefined,
  others: Networks['networks'] = [],
): JsonObject {
  const named = ({ name }: Interface) => (isContainer ? { name } : {});
  return {
    net0: first === 'none' || first == null ? (first ?? null) : { ...named(first), ...recordedInterface(first) },
    ...(others.length === 0
      ? {}
      : { networks: others.map((net) => ({ index: net.index, ...named(net), ...recordedInterface(net) })) }),
  };
}
