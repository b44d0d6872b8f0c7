// Controllers, zones, vnets and subnets of the software-defined network, as the API changes them (pve-network, PVE/API2/Network/SDN): files that mean
// nothing until they are applied together, and what is then in force.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { booleanOf, splitList } from '../../../../src/proxmox/perl.ts';
import { CONTROLLER_TYPES, isWithin, ZONE_TYPES } from '../../../../src/proxmox/sdn.ts';
import { parseSections, printSections, type Section } from '../../../../src/proxmox/section-config.ts';
import { methodSchemas } from '../../../../src/proxmox/table.ts';
import { declaredLinks, setKernelLinks } from '../../host/links/links.ts';
import { type Call, print, task } from '../call.ts';
import { randomMac } from '../guest/guest.ts';
import { replaceFile, withLock } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { Refusal, refuse, refuseParameters } from '../refusal.ts';
import { rowAt } from './row-at.ts';
import { changeFabrics, fabricsOf, isOfFabrics } from './sdn-fabrics.ts';

type Sections = Map<string, Section>;

const RUNNING = 'etc/pve/sdn/.running-config';
const INTERFACES = 'etc/network/interfaces.d/sdn';
const STALE = 'detected modified configuration - file changed by other user? Try again.';

interface SdnRow {
  readonly path: string;
  readonly id: string;
  readonly what: string;
  readonly file: 'controllers' | 'zones' | 'vnets' | 'subnets';
  /** Written first. */
  readonly required: readonly string[];
}

const ROWS: readonly SdnRow[] = [
  {
    path: '/cluster/sdn/controllers',
    id: 'controller',
    what: 'controller',
    file: 'controllers',
    required: ['asn', 'isis-domain', 'isis-ifaces', 'isis-net', 'node'],
  },
  {
    path: '/cluster/sdn/zones',
    id: 'zone',
    what: 'zone',
    file: 'zones',
    required: ['bridge', 'controller', 'tag', 'vrf-vxlan'],
  },
  { path: '/cluster/sdn/vnets', id: 'vnet', what: 'vnet', file: 'vnets', required: ['zone'] },
  { path: '/cluster/sdn/vnets/{vnet}/subnets', id: 'subnet', what: 'subnet', file: 'subnets', required: ['vnet'] },
];

/** Answers a change of the network, and its application; undefined for any other call. */
export function sdnCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const { node } = call;
  if (template === '/cluster/sdn' && method === 'PUT') return { data: apply(call) };
  if (isOfFabrics(template) && method !== 'GET')
    return inTurn(node, () => changeFabrics(node, method, template, parameters, usersOfFabrics(node)));
  const row = rowAt(ROWS, template);
  if (row === undefined || method === 'GET') return undefined;
  return inTurn(node, () => change(node, row, method, parameters));
}

/** One change at a time. */
function inTurn(node: LabNode, change: () => void): { readonly data: null } {
  const locked = withLock(pathOf(node, 'run/lock/sdn.lck'), 10_000, () => {
    change();
  });
  return locked === undefined ? refuse('cfs-lock-domain sdn error: got lock request timeout') : { data: null };
}

function usersOfFabrics(node: LabNode): { readonly what: string; readonly fabric: string }[] {
  const using = (file: SdnRow['file'], type: string, what: string) =>
    [...sectionsOf(node, file)].flatMap(([id, section]) => {
      const fabric = section.options['fabric']?.[0];
      return section.type === type && fabric !== undefined ? [{ what: `${what} "${id}"`, fabric }] : [];
    });
  return [...using('controllers', 'evpn', 'EVPN controller'), ...using('zones', 'vxlan', 'VXLAN zone')];
}

function change(node: LabNode, row: SdnRow, method: string, parameters: Parameters): void {
  const { [row.id]: named, delete: unset, digest, type, ...given } = parameters;
  const sections = sectionsOf(node, row.file);
  const doing = method === 'POST' ? 'create' : method === 'PUT' ? 'update' : 'delete';
  const vnet = String(given['vnet'] ?? '');
  if (row.file === 'subnets' && !sectionsOf(node, 'vnets').has(vnet)) refuse(`sdn vnet '${vnet}' does not exist`);
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
    if (digest !== undefined && digest !== sha1(fileOf(node, row.file))) refuse(STALE);
    if (method === 'DELETE') {
      mayBeDeleted(node, row, id);
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
      // The address of its router is made up.
      const router = ofType === 'evpn' && row.file === 'zones' ? { mac: [randomMac()] } : {};
      sections.set(id, { type: ofType, options: { ...router, ...options } });
      check(node, row, id, sections);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // What is wrong with a parameter is told within the sentence.
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

function check(node: LabNode, row: SdnRow, id: string, sections: Sections): void {
  const { type = '', options = {} } = sections.get(id) ?? {};
  const one = (option: string): string | undefined => options[option]?.[0];
  if (row.file === 'zones' && type === 'vxlan' && (one('peers') === undefined) === (one('fabric') === undefined)) {
    const both = 'must have exactly one of peers / fabric defined';
    refuseParameters({ peers: both, fabric: both });
  }
  if (row.file === 'controllers' && type === 'evpn') checkEvpn(id, sections);
  if (row.file === 'zones' && type === 'evpn') {
    const controller = one('controller') ?? '';
    const found = sectionsOf(node, 'controllers').get(controller);
    const at = 'at /usr/share/perl5/PVE/Network/SDN/Zones/EvpnPlugin.pm line';
    if (found === undefined) refuse(`controller ${controller} don't exist ${at} 354.`);
    if (found?.type !== 'evpn') refuse(`${controller} is not a evpn controller type ${at} 356.`);
    const other = [...sections].find(
      ([name, { options: its }]) => name !== id && its['vrf-vxlan']?.[0] === one('vrf-vxlan'),
    );
    if (other !== undefined) refuse(`vrf-vxlan ${one('vrf-vxlan')} is already declared in ${other[0]} ${at} 367.`);
  }
  if (row.file === 'vnets') {
    const zone = sectionsOf(node, 'zones').get(one('zone') ?? '') ?? refuse('cannot lookup undefined type!');
    const tag = one('tag');
    if (zone.type === 'simple' && tag !== undefined)
      refuseParameters({ tag: 'vlan tag is not allowed on simple zone' });
    if (zone.type !== 'simple' && tag === undefined)
      refuseParameters({ tag: `missing ${zone.type === 'vxlan' || zone.type === 'evpn' ? 'vxlan' : 'vlan'} tag` });
    const other = [...sections].find(
      ([name, vnet]) => name !== id && vnet.options['zone']?.[0] === one('zone') && vnet.options['tag']?.[0] === tag,
    );
    if (tag !== undefined && other !== undefined)
      refuseParameters({ tag: `tag ${tag} already exist in vnet ${other[0]}` });
  }
  const gateway = one('gateway');
  if (row.file === 'subnets' && gateway !== undefined) {
    const [, address = '', mask = ''] = id.split('-');
    if (!isWithin(gateway, address, Number(mask)))
      refuseParameters({ gateway: `${gateway} is not in subnet ${address}/${mask}` });
  }
}

function checkEvpn(id: string, sections: Sections): void {
  const at = 'at /usr/share/perl5/PVE/Network/SDN/Controllers/EvpnPlugin.pm line';
  if ([...sections].some(([name, { type }]) => name !== id && type === 'evpn'))
    refuse(`only 1 global evpn controller can be defined ${at} 520.`);
  const { peers, fabric } = sections.get(id)?.options ?? {};
  if ((peers === undefined) === (fabric === undefined))
    refuse(`must have exactly one of peers / fabric defined ${at} 525.`);
}

function mayBeDeleted(node: LabNode, row: SdnRow, id: string): void {
  const within = (file: SdnRow['file'], option: string): string | undefined =>
    [...sectionsOf(node, file)].find(([, { options }]) => options[option]?.[0] === id)?.[0];
  const vnet = row.file === 'zones' ? within('vnets', 'zone') : undefined;
  if (vnet !== undefined)
    refuse(`zone ${id} is used by vnet ${vnet} at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149.`);
  const zone = row.file === 'controllers' ? within('zones', 'controller') : undefined;
  if (zone !== undefined)
    refuse(
      `controller ${id} is used by ${zone} at /usr/share/perl5/PVE/Network/SDN/Controllers/EvpnPlugin.pm line 504.`,
    );
  if (row.file === 'vnets' && within('subnets', 'vnet') !== undefined)
    refuseParameters({ vnet: "Can't delete vnet if subnets exists" });
}

function subnetId(node: LabNode, vnet: string, cidr: string): string {
  return `${sectionsOf(node, 'vnets').get(vnet)?.options['zone']?.[0]}-${cidr.replace('/', '-')}`;
}

/** Keeps what is declared as what is in force, and lets every node take it over by a task, whose end nobody waits for. */
function apply(call: Call): string | undefined {
  const { node } = call;
  const file = pathOf(node, RUNNING);
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: number }) : {};
  const version = (before.version ?? 0) + 1;
  const ids = (name: SdnRow['file']) => ({ ids: runningOf(node, name) });
  const running = {
    version,
    zones: ids('zones'),
    vnets: ids('vnets'),
    subnets: ids('subnets'),
    controllers: ids('controllers'),
    fabrics: { ids: runningFabrics(node) },
  };
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, JSON.stringify(running));
  task(
    call,
    'reloadnetworkall',
    '',
    () => {
      print(call, `${node.name}: reloading network config`);
      mkdirSync(dirname(pathOf(node, INTERFACES)), { recursive: true });
      writeFileSync(pathOf(node, INTERFACES), interfacesText(node, version));
      setKernelLinks(node, declaredLinks(node).links);
    },
    true,
  );
  return call.upids.at(-1);
}

/** Numbers as numbers, lists of nodes as sets, as Proxmox keeps them there. */
function runningOf(node: LabNode, file: SdnRow['file']): Record<string, unknown> {
  const row = ROWS.find((one) => one.file === file);
  const schemas = methodSchemas(`POST ${row?.path}`);
  return Object.fromEntries(
    [...sectionsOf(node, file)].map(([id, { type, options }]) => {
      const values = Object.entries(options).map(([option, texts]): [string, unknown] => {
        const schema = schemas?.get(option);
        const value = texts[0] ?? '';
        if (schema?.type === 'array') return [option, texts];
        if (option === 'nodes' || option === 'exitnodes')
          return [option, Object.fromEntries(splitList(value).map((name) => [name, 1]))];
        return [option, schema?.type === 'integer' || schema?.type === 'boolean' ? Number(value) : value];
      });
      return [id, { type, ...Object.fromEntries(values) }];
    }),
  );
}

/** Each with its id, as the program that keeps them writes them; of the interfaces a list (to_sections). */
function runningFabrics(node: LabNode): Record<string, unknown> {
  return Object.fromEntries(
    [...fabricsOf(node)].map(([id, { type, options }]) => {
      const values = Object.entries(options).map(([option, texts]): [string, unknown] => {
        if (option === 'interfaces') return [option, texts];
        const [value = ''] = texts;
        return [option, option.endsWith('_interval') ? Number(value) : value];
      });
      return [id, { type, id, ...Object.fromEntries(values) }];
    }),
  );
}

/** A bridge of every vnet whose zone is on this node; what VLANs need beside is left out. */
function interfacesText(node: LabNode, version: number): string {
  const zones = sectionsOf(node, 'zones');
  const stanzas = [...sectionsOf(node, 'vnets')].flatMap(([vnet, { options }]) => {
    const zone = zones.get(options['zone']?.[0] ?? '');
    const nodes = splitList(zone?.options['nodes']?.[0] ?? '');
    if (zone === undefined || (nodes.length > 0 && !nodes.includes(node.name))) return [];
    const ports =
      zone.type === 'simple'
        ? 'none'
        : zone.type === 'vxlan' || zone.type === 'evpn'
          ? `vxlan_${vnet}`
          : `${zone.options['bridge']?.[0]}.${options['tag']?.[0]}`;
    return [`auto ${vnet}\niface ${vnet}\n\tbridge_ports ${ports}\n\tbridge_stp off\n\tbridge_fd 0\n`];
  });
  return [`#version:${version}\n`, ...stanzas].join('\n');
}

function sectionsOf(node: LabNode, file: SdnRow['file']): Sections {
  return parseSections(fileOf(node, file));
}

function fileOf(node: LabNode, file: SdnRow['file']): string {
  const path = pathOf(node, `etc/pve/sdn/${file}.cfg`);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
