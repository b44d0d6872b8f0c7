// The running configuration of the software-defined network, and the files of it with values as Proxmox has them: numbers are numbers, lists of nodes sets.

import { existsSync, readFileSync } from 'node:fs';
import { splitList } from '../../../../../src/proxmox/parameters/perl.ts';
import { methodSchemas } from '../../../../../src/proxmox/parameters/table.ts';
import { type LabNode, pathOf } from '../../node.ts';
import { SDN_ROWS, type SdnRow, sdnSections } from './files.ts';

export const RUNNING = 'etc/pve/sdn/.running-config';

export type RunningObject = Readonly<Record<string, unknown>>;
export type RunningObjects = Readonly<Record<string, RunningObject>>;

export type RunningSdn = { readonly version: number } & Readonly<Record<SdnRow['file'] | 'fabrics', RunningObjects>>;

/** What was applied last; nothing where nothing was. */
export function runningSdn(node: LabNode): RunningSdn {
  const file = pathOf(node, RUNNING);
  const read = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>) : {};
  const of = (name: string): RunningObjects => (read[name] as { readonly ids?: RunningObjects } | undefined)?.ids ?? {};
  return {
    version: Number(read['version'] ?? 0),
    zones: of('zones'),
    vnets: of('vnets'),
    subnets: of('subnets'),
    controllers: of('controllers'),
    fabrics: of('fabrics'),
  };
}

/** The objects of a file. */
export function typedObjects(node: LabNode, file: SdnRow['file']): RunningObjects {
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

/** A value as a text or number: lists and sets are joined with commas (PVE::Network::SDN::encode_value). */
export function encoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.toSorted().join(',');
  return typeof value === 'object' && value !== null ? Object.keys(value).sort().join(',') : value;
}
