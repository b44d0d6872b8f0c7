// Reads of controllers, zones, vnets and subnets: as the files have them, as they run, or with what is pending between both (pve-network,
// PVE/Network/SDN.pm, pending_config). And the way back from the files to what runs.

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { printSections, type Section } from '../../../../../src/proxmox/files/section-config.ts';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { refuse, refuseParameters } from '../../refusal.ts';
import { text } from '../../verb-parameters.ts';
import { SDN_ROWS, type SdnRow, sdnFile } from './files.ts';
import { encoded, type RunningObject, type RunningObjects, runningSdn, typedObjects } from './running.ts';

/** A list of objects, or one of them. */
export function readSdn(node: LabNode, row: SdnRow, template: string, parameters: Parameters): unknown {
  const vnet = text(parameters, 'vnet');
  const isOfVnet = row.file === 'subnets' || (row.file === 'vnets' && template !== row.path);
  if (isOfVnet && vnet !== undefined && typedObjects(node, 'vnets')[vnet] === undefined)
    refuse(`sdn vnet '${vnet}' does not exist`);
  const { objects, digest } = wanted(node, row, parameters);
  if (template === row.path) {
    const type = text(parameters, 'type');
    return Object.keys(objects)
      .sort()
      .map((id) => shown(row, id, objects[id] ?? {}, digest))
      .filter(
        (one) => (row.file !== 'subnets' || one['vnet'] === vnet) && (type === undefined || one['type'] === type),
      );
  }
  const id = text(parameters, row.id) ?? '';
  const found = shown(row, id, objects[id] ?? refuse(MISSING[row.file].replace('%s', id)), digest);
  if (row.file === 'subnets' && found['vnet'] !== vnet) refuseParameters({ vnet: 'wrong vnet' });
  return found;
}

const MISSING: Readonly<Record<SdnRow['file'], string>> = {
  controllers: "sdn '%s' does not exist",
  zones: "sdn '%s' does not exist",
  vnets: "sdn vnet '%s' does not exist",
  subnets: "sdn subnet '%s' does not exist",
};

/** Of what runs Proxmox tells no digest. */
function wanted(
  node: LabNode,
  { file }: SdnRow,
  { pending, running }: Parameters,
): { readonly objects: RunningObjects; readonly digest: string | null } {
  const inFile = typedObjects(node, file);
  if (pending === '1') return { objects: pendingObjects(runningSdn(node)[file], inFile), digest: null };
  if (running === '1') return { objects: runningSdn(node)[file], digest: null };
  return { objects: inFile, digest: createHash('sha1').update(sdnFile(node, file)).digest('hex') };
}

function shown(row: SdnRow, id: string, object: RunningObject, digest: string | null): RunningObject {
  const withTexts = (one: RunningObject): RunningObject =>
    Object.fromEntries(
      Object.entries(one).map(([key, value]) => [key, /^(exit)?nodes$/.test(key) ? encoded(value) : value]),
    );
  const pending = object['pending'] as RunningObject | undefined;
  return {
    ...withTexts(object),
    ...(pending === undefined ? {} : { pending: withTexts(pending) }),
    ...(row.file === 'subnets' ? ofSubnet(id, object) : {}),
    [row.id]: id,
    digest,
  };
}

function ofSubnet(id: string, object: RunningObject): RunningObject {
  const [zone, network, mask] = id.split('-');
  const ranges = (object['dhcp-range'] ?? []) as readonly string[];
  return {
    id,
    zone,
    network,
    mask,
    cidr: `${network}/${mask}`,
    'dhcp-range': ranges.map((range) => Object.fromEntries(range.split(',').map((pair) => pair.split('=')))),
  };
}

/** Whether the files differ from what runs; of fabrics Proxmox does not ask it (PVE::Network::SDN::has_pending_changes). */
export function hasPendingSdn(node: LabNode): boolean {
  const running = runningSdn(node);
  return SDN_ROWS.some(({ file }) =>
    Object.values(pendingObjects(running[file], typedObjects(node, file))).some((one) => one['pending'] !== undefined),
  );
}

/** What runs, with the differences of the files and whether an object is new, changed or deleted. */
function pendingObjects(running: RunningObjects, files: RunningObjects): RunningObjects {
  const ids = [...new Set([...Object.keys(running), ...Object.keys(files)])];
  return Object.fromEntries(ids.map((id) => [id, pendingObject(running[id], files[id])]));
}

function pendingObject(running: RunningObject | undefined, inFile: RunningObject | undefined): RunningObject {
  if (inFile === undefined) return { ...running, state: 'deleted', pending: {} };
  const gone = Object.keys(running ?? {}).filter((key) => inFile[key] === undefined);
  const changed = Object.entries(inFile).filter(
    ([key, value]) => key !== 'type' && key !== 'vnet' && encoded(value) !== encoded(running?.[key]),
  );
  const pending = { ...Object.fromEntries(gone.map((key) => [key, 'deleted'])), ...Object.fromEntries(changed) };
  const fixed = Object.fromEntries(Object.entries(inFile).filter(([key]) => key === 'type' || key === 'vnet'));
  if (running === undefined) return { ...fixed, state: 'new', pending };
  return Object.keys(pending).length === 0 ? { ...running } : { ...running, ...fixed, state: 'changed', pending };
}

/** Writes the files as the running configuration has them. */
export function rollbackSdn(node: LabNode): void {
  const running = runningSdn(node);
  for (const { file, required } of SDN_ROWS) {
    const sections = Object.entries(running[file]).map(([id, { type, ...values }]): [string, Section] => {
      const options = Object.entries(values).map(([option, value]) => [
        option,
        Array.isArray(value) ? value.map(String) : [String(encoded(value))],
      ]);
      return [id, { type: String(type), options: Object.fromEntries(options) }];
    });
    const path = pathOf(node, `etc/pve/sdn/${file}.cfg`);
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, printSections(new Map(sections), required));
  }
}
