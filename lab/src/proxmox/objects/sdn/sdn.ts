// Changes of controllers, zones, vnets and subnets of the software-defined network (pve-network, PVE/API2/Network/SDN). They change files, which have
// no effect until all of them are applied together (apply.ts).

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
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
import { Refusal, refuse, refuseLineFeeds } from '../../refusal.ts';
import { text } from '../../verb-parameters.ts';
import { rowAt } from '../row-at.ts';
import { applySdn, commitSdn } from './apply.ts';
import { checkSdn, checkSdnUnused } from './checks.ts';
import { changeFabrics, failureOfFabrics, isOfFabrics } from './fabrics.ts';
import { SDN_LOCK, SDN_ROWS, type SdnRow, type Sections, sdnFile, sdnSections, withSdnLock } from './files.ts';
import { forgetSubnet, registerSubnet, VNET_IP_CALLS } from './ipam.ts';
import { lockSdn, unlockSdn } from './lock.ts';
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
  const wide = NETWORK_WIDE[`${method} ${template}`];
  if (wide !== undefined) return { data: wide(call, parameters) ?? null };
  if (isOfFabrics(template) && method !== 'GET') {
    const { 'lock-token': _, ...others } = parameters;
    const named = { failing: failureOfFabrics(method, template), token: text(parameters, 'lock-token') };
    return withSdnLock(node, named, () => changeFabrics(node, method, template, others, usersOfFabrics(node)) ?? null);
  }
  const row = rowAt(SDN_ROWS, template);
  if (row === undefined) return undefined;
  if (method === 'GET') return { data: readSdn(node, row, template, parameters) };
  return change(node, row, method, parameters);
}

/** Calls on the network as a whole. */
const NETWORK_WIDE: Readonly<Record<string, (call: Call, parameters: Parameters) => unknown>> = {
  'PUT /cluster/sdn': (call, parameters) => {
    whole(call.node, 'could not commit SDN config', parameters, () => commitSdn(call.node));
    return applySdn(call);
  },
  'POST /cluster/sdn/rollback': ({ node }, parameters) =>
    whole(node, 'could not rollback SDN configuration', parameters, () => rollbackSdn(node)),
  'POST /cluster/sdn/lock': ({ node }, parameters) => lockSdn(node, parameters['allow-pending'] === '1'),
  'DELETE /cluster/sdn/lock': ({ node }, parameters) =>
    unlockSdn(node, parameters['force'] === '1', text(parameters, 'lock-token')),
  ...VNET_IP_CALLS,
};

/** A change of the whole network, after which its lock may be released at once: unasked it is not, whatever the API says of its default. */
function whole(node: LabNode, failing: string, parameters: Parameters, work: () => void): void {
  const token = text(parameters, 'lock-token');
  withSdnLock(node, { failing, token }, () => {
    work();
    if (token !== undefined && parameters['release-lock'] === '1') rmSync(pathOf(node, SDN_LOCK), { force: true });
  });
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

function change(node: LabNode, row: SdnRow, method: string, parameters: Parameters): { readonly data: null } {
  const edit = readEdit(node, row, method, parameters, sdnSections(node, row.file));
  const failing = `${DOING[method]} sdn ${row.what} object failed`;
  return withSdnLock(node, { failing, token: text(parameters, 'lock-token') }, () => {
    const sections = sdnSections(node, row.file);
    explained(failing, () => {
      checkPresence(node, row, edit, sections);
      if (method === 'DELETE') removeSection(node, row, edit.id, sections);
      else setSection(node, row, edit, sections);
    });
    const file = pathOf(node, `etc/pve/sdn/${row.file}.cfg`);
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, printSections(sections, row.required));
    return null;
  });
}

function removeSection(node: LabNode, row: SdnRow, id: string, sections: Sections): void {
  checkSdnUnused(node, row, id);
  if (row.file === 'subnets') forgetSubnet(node, id);
  sections.delete(id);
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
  const { [row.id]: named, delete: unset, digest, type: asked, 'lock-token': _token, ...given } = parameters;
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
  if (isNew && types !== null) {
    checkOfType(allowed, given);
    refuseLineFeeds(given);
  }
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
  if (!isNew && !sections.has(id)) refuse(`sdn ${row.file === 'subnets' ? 'subnet ' : ''}'${id}' does not exist`);
  if (digest !== undefined && digest !== sha1(sdnFile(node, row.file))) refuse(STALE);
}

function setSection(node: LabNode, row: SdnRow, edit: Edit, sections: Sections): void {
  const { id, type, allowed, unset, given } = edit;
  if (type !== row.what) checkOfType(allowed, given);
  refuseLineFeeds(given);
  const before = sections.get(id)?.options;
  const kept = Object.entries(before ?? {}).filter(([option]) => !unset.includes(option));
  const set = Object.entries(given).map(([option, value]) => [option, written(row, option, value)]);
  // Proxmox generates the MAC address of the zone's router.
  const router = type === 'evpn' && row.file === 'zones' ? { mac: [randomMac()] } : {};
  sections.set(id, { type, options: { ...router, ...Object.fromEntries([...kept, ...set]) } });
  checkSdn(node, row, { id, sections, given, before });
  if (row.file === 'subnets') registerSubnet(node, id, sections.get(id)?.options ?? {}, before);
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
