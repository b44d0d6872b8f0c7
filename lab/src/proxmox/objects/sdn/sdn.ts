// Changes of controllers, zones, vnets and subnets of the software-defined network (pve-network, PVE/API2/Network/SDN). They change files, which have
// no effect until all of them are applied together (apply.ts).

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { printSections } from '../../../../../src/proxmox/files/section-config.ts';
import { booleanOf, splitList } from '../../../../../src/proxmox/parameters/perl.ts';
import { methodSchemas } from '../../../../../src/proxmox/parameters/table.ts';
import { CONTROLLER_TYPES, ZONE_TYPES } from '../../../../../src/proxmox/sdn.ts';
import type { Call } from '../../call.ts';
import { randomMac } from '../../guest/guest.ts';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { Refusal, refuse } from '../../refusal.ts';
import { rowAt } from '../row-at.ts';
import { applySdn } from './apply.ts';
import { checkSdn, checkSdnUnused } from './checks.ts';
import { changeFabrics, isOfFabrics } from './fabrics.ts';
import { SDN_ROWS, type SdnRow, type Sections, sdnFile, sdnSections, withSdnLock } from './files.ts';
import { readSdn, rollbackSdn } from './reads.ts';

const STALE = 'detected modified configuration - file changed by other user? Try again.';

/** Answers a call on the network's objects, or their application; undefined for any other call. */
export function sdnCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const { node } = call;
  if (template === '/cluster/sdn' && method === 'PUT') return { data: applySdn(call) };
  if (isOfFabrics(template) && method !== 'GET')
    return withSdnLock(node, () => changeFabrics(node, method, template, parameters, usersOfFabrics(node)));
  if (template === '/cluster/sdn/rollback' && method === 'POST') return withSdnLock(node, () => rollbackSdn(node));
  const row = rowAt(SDN_ROWS, template);
  if (row === undefined) return undefined;
  if (method === 'GET') return { data: readSdn(node, row, template, parameters) };
  return withSdnLock(node, () => change(node, row, method, parameters));
}

function usersOfFabrics(node: LabNode): { readonly what: string; readonly fabric: string }[] {
  const using = (file: SdnRow['file'], type: string, what: string) =>
    [...sdnSections(node, file)].flatMap(([id, section]) => {
      const fabric = section.options['fabric']?.[0];
      return section.type === type && fabric !== undefined ? [{ what: `${what} "${id}"`, fabric }] : [];
    });
  return [...using('controllers', 'evpn', 'EVPN controller'), ...using('zones', 'vxlan', 'VXLAN zone')];
}

/** The verb in error messages. */
const DOING: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', DELETE: 'delete' };

function change(node: LabNode, row: SdnRow, method: string, parameters: Parameters): void {
  const sections = sdnSections(node, row.file);
  const edit = readEdit(node, row, method, parameters, sections);
  explained(`${DOING[method]} sdn ${row.what} object failed`, () => {
    checkPresence(node, row, edit, sections);
    if (method === 'DELETE') {
      checkSdnUnused(node, row, edit.id);
      sections.delete(edit.id);
    } else setSection(node, row, edit, sections);
  });
  const file = pathOf(node, `etc/pve/sdn/${row.file}.cfg`);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, printSections(sections, row.required));
}

/** With the type that Phoenix does not declare (pve-network, PVE/Network/SDN/Zones/FaucetPlugin.pm). */
const ALL_ZONE_TYPES: typeof ZONE_TYPES = {
  ...ZONE_TYPES,
  faucet: { required: ['controller', 'dp-id'], optional: ['dns', 'dnszone', 'ipam', 'nodes', 'reversedns'] },
};

interface Edit {
  readonly id: string;
  readonly isNew: boolean;
  /** The type of the object; its kind, where that has no types. */
  readonly type: string;
  /** The options of that type; undefined where the kind has no types. */
  readonly allowed: (typeof ZONE_TYPES)[string] | undefined;
  readonly digest: Parameters[string] | undefined;
  readonly unset: readonly string[];
  readonly given: Parameters;
}

/** What a call asks for; refuses what Proxmox refuses before it looks for the object. */
function readEdit(node: LabNode, row: SdnRow, method: string, parameters: Parameters, sections: Sections): Edit {
  const { [row.id]: named, delete: unset, digest, type: asked, ...given } = parameters;
  const isNew = method === 'POST';
  const vnet = String(given['vnet'] ?? '');
  if (row.file === 'subnets' && !sdnSections(node, 'vnets').has(vnet)) refuse(`sdn vnet '${vnet}' does not exist`);
  const id = row.file === 'subnets' && isNew ? subnetId(node, vnet, String(named)) : String(named);
  if (row.file === 'vnets' && !isNew && !sections.has(id)) refuse(`sdn vnet '${id}' does not exist`);
  const types = row.file === 'zones' ? ALL_ZONE_TYPES : row.file === 'controllers' ? CONTROLLER_TYPES : null;
  const type = types === null ? row.what : String(asked ?? sections.get(id)?.type);
  const allowed = types?.[type];
  const missing = isNew ? allowed?.required.find((option) => given[option] === undefined) : undefined;
  if (missing !== undefined) refuse(`missing value for required option '${missing}'`);
  if (isNew && types !== null) checkOfType(allowed, given);
  return { id, isNew, type, allowed, digest, unset: splitList(String(unset ?? '')), given };
}

/** @param allowed the options of the type; undefined for a type that has none of its own */
function checkOfType(allowed: Edit['allowed'], given: Parameters): void {
  const known = [...(allowed?.required ?? []), ...(allowed?.optional ?? [])];
  const foreign = Object.keys(given).find((option) => !known.includes(option));
  if (foreign !== undefined) refuse(`unexpected property '${foreign}'`);
}

function checkPresence(node: LabNode, row: SdnRow, { id, isNew, digest }: Edit, sections: Sections): void {
  if (isNew && sections.has(id)) refuse(`sdn ${row.what} object ID '${id}' already defined`);
  if (!isNew && !sections.has(id)) refuse(`sdn '${id}' does not exist`);
  if (digest !== undefined && digest !== sha1(sdnFile(node, row.file))) refuse(STALE);
}

function setSection(node: LabNode, row: SdnRow, edit: Edit, sections: Sections): void {
  const { id, type, allowed, unset, given } = edit;
  if (type !== row.what) checkOfType(allowed, given);
  const before = sections.get(id)?.options;
  const kept = Object.entries(before ?? {}).filter(([option]) => !unset.includes(option));
  const set = Object.entries(given).map(([option, value]) => [option, written(row, option, value)]);
  // Proxmox generates the MAC address of the zone's router.
  const router = type === 'evpn' && row.file === 'zones' ? { mac: [randomMac()] } : {};
  sections.set(id, { type, options: { ...router, ...Object.fromEntries([...kept, ...set]) } });
  checkSdn(node, row, id, sections, given, before);
}

/** Proxmox puts the errors of single parameters into the sentence of the failed change. */
function explained(failure: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const parameter = Object.entries(error.parameters ?? {}).map(([name, message]) => `${name}: ${message}`);
    const why = parameter.length === 0 ? error.message : `400 Parameter verification failed.\n${parameter.join('\n')}`;
    refuse(`${failure}: ${why}`);
  }
}

function written(row: SdnRow, option: string, value: Parameters[string]): readonly string[] {
  if (typeof value !== 'string') return value ?? [];
  const isFlag = methodSchemas(`POST ${row.path}`)?.get(option)?.type === 'boolean';
  return [isFlag ? (booleanOf(value) ?? value) : value];
}

function subnetId(node: LabNode, vnet: string, cidr: string): string {
  return `${sdnSections(node, 'vnets').get(vnet)?.options['zone']?.[0]}-${cidr.replace('/', '-')}`;
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
