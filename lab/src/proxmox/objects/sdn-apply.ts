// Applying the software-defined network (PUT /cluster/sdn): the files become the running configuration, and every node writes its interfaces.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { splitList } from '../../../../src/proxmox/perl.ts';
import { methodSchemas } from '../../../../src/proxmox/table.ts';
import { declaredLinks, setKernelLinks } from '../../host/links/links.ts';
import { type Call, print, task } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { fabricsOf } from './sdn-fabrics.ts';
import { SDN_ROWS, type SdnRow, sdnSections } from './sdn-files.ts';

const RUNNING = 'etc/pve/sdn/.running-config';
const INTERFACES = 'etc/network/interfaces.d/sdn';

/** Makes the files the running configuration, and starts a task on every node that applies it; the call does not wait for its end. */
export function applySdn(call: Call): string | undefined {
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

/** In the running configuration numbers are numbers and lists of nodes are sets. */
function runningOf(node: LabNode, file: SdnRow['file']): Record<string, unknown> {
  const row = SDN_ROWS.find((one) => one.file === file);
  const schemas = methodSchemas(`POST ${row?.path}`);
  return Object.fromEntries(
    [...sdnSections(node, file)].map(([id, { type, options }]) => {
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

/** Fabrics in the form in which Proxmox's Rust code writes them: each with its id, `interfaces` as a list (to_sections). */
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

/** The bridge of every vnet whose zone is on this node. Further interfaces, which VLAN zones need, are left out. */
function interfacesText(node: LabNode, version: number): string {
  const zones = sdnSections(node, 'zones');
  const stanzas = [...sdnSections(node, 'vnets')].flatMap(([vnet, { options }]) => {
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
