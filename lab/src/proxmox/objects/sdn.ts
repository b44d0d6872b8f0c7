// Changes of controllers, zones, vnets and subnets of the software-defined network (pve-network, PVE/API2/Network/SDN). They change files, which have
// no effect until all of them are applied together (sdn-apply.ts).

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { booleanOf, splitList } from '../../../../src/proxmox/perl.ts';
import { CONTROLLER_TYPES, ZONE_TYPES } from '../../../../src/proxmox/sdn.ts';
import { printSections } from '../../../../src/proxmox/section-config.ts';
import { methodSchemas } from '../../../../src/proxmox/table.ts';
import type { Call } from '../call.ts';
import { randomMac } from '../guest/guest.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { Refusal, refuse } from '../refusal.ts';
import { rowAt } from './row-at.ts';
import { applySdn } from './sdn-apply.ts';
import { checkSdn, checkSdnUnused } from './sdn-checks.ts';
import { changeFabrics, isOfFabrics } from './sdn-fabrics.ts';
import { SDN_ROWS, type SdnRow, sdnFile, sdnSections, withSdnLock } from './sdn-files.ts';

const STALE = 'detected modified configuration - file changed by other user? Try again.';

/** Answers a change of the network or its application; undefined for any other call. */
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
  const row = rowAt(SDN_ROWS, template);
  if (row === undefined || method === 'GET') return undefined;
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

function change(node: LabNode, row: SdnRow, method: string, parameters: Parameters): void {
  const { [row.id]: named, delete: unset, digest, type, ...given } = parameters;
  const sections = sdnSections(node, row.file);
  const doing = method === 'POST' ? 'create' : method === 'PUT' ? 'update' : 'delete';
  const vnet = String(given['vnet'] ?? '');
  if (row.file === 'subnets' && !sdnSections(node, 'vnets').has(vnet)) refuse(`sdn vnet '${vnet}' does not exist`);
  const id = row.file === 'subnets' && method === 'POST' ? subnetId(node, vnet, String(named)) : String(named);
  if (row.file === 'vnets' && method !== 'POST' && !sections.has(id)) refuse(`sdn vnet '${id}' does not exist`);
  const types = row.file === 'zones' ? ZONE_TYPES : row.file === 'controllers' ? CONTROLLER_TYPES : null;
  const ofType = types === null ? row.what : String(type ?? sections.get(id)?.type);
  const own = types?.[ofType];
  const missing = own?.required.find((option) => method === 'POST' && given[option] === undefined);
  if (missing !== undefined) refuse(`missing value for required option '${missing}'`);
  try {
    const before = sections.get(id)?.options;
    if (method === 'POST' && before !== undefined) refuse(`sdn ${row.what} object ID '${id}' already defined`);
    if (method !== 'POST' && before === undefined) refuse(`sdn '${id}' does not exist`);
    if (digest !== undefined && digest !== sha1(sdnFile(node, row.file))) refuse(STALE);
    if (method === 'DELETE') {
      checkSdnUnused(node, row, id);
      sections.delete(id);
    } else {
      const foreign = Object.keys(given).find(
        (option) => own !== undefined && ![...own.required, ...own.optional].includes(option),
      );
      if (foreign !== undefined) refuse(`unexpected property '${foreign}'`);
      const cleared = splitList(String(unset ?? ''));
      const kept = Object.entries(before ?? {}).filter(([option]) => !cleared.includes(option));
      const options = Object.fromEntries([
        ...kept,
        ...Object.entries(given).map(([option, value]) => [option, written(row, option, value)]),
      ]);
      // Proxmox generates the MAC address of the zone's router.
      const router = ofType === 'evpn' && row.file === 'zones' ? { mac: [randomMac()] } : {};
      sections.set(id, { type: ofType, options: { ...router, ...options } });
      checkSdn(node, row, id, sections, given, before);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Proxmox puts the errors of single parameters into the sentence of the failed change.
    const parameter = Object.entries(error.parameters ?? {}).map(([name, message]) => `${name}: ${message}`);
    const why = parameter.length === 0 ? error.message : `400 Parameter verification failed.\n${parameter.join('\n')}`;
    refuse(`${doing} sdn ${row.what} object failed: ${why}`);
  }
  const file = pathOf(node, `etc/pve/sdn/${row.file}.cfg`);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, printSections(sections, row.required));
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
