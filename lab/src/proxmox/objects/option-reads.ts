// Options of the datacenter and of a node as the API shows them (pve-manager, PVE/API2/Cluster.pm and NodeConfig.pm).

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseOptionLines } from '../../../../src/proxmox/files/option-lines.ts';
import { decodeText } from '../../../../src/proxmox/files/section-config.ts';
import { booleanOf, splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { methodSchemas, propertiesOf, type Schema } from '../../../../src/proxmox/parameters/table.ts';
import type { Call } from '../call.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { text } from '../verb-parameters.ts';
import { readMigration } from './options.ts';

type Shown = Readonly<Record<string, unknown>>;

const DATACENTER = '/etc/pve/datacenter.cfg';

/** Answers a read of them; undefined for any other call. */
export function optionsRead(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const { node } = call;
  if (method !== 'GET') return undefined;
  if (template === '/cluster/options') return { data: datacenterOptions(call) };
  if (template !== '/nodes/{node}/config') return undefined;
  return { data: nodeOptions(node, text(parameters, 'property')) };
}

/** The bounds of ids that are given to new guests, where they are set. */
export function nextIdBounds(node: LabNode): { readonly lower?: number; readonly upper?: number } {
  const { lower, upper } = (optionsIn(node)['next-id'] ?? {}) as Readonly<Record<string, string | undefined>>;
  return {
    ...(lower === undefined ? {} : { lower: Number(lower) }),
    ...(upper === undefined ? {} : { upper: Number(upper) }),
  };
}

function datacenterOptions(call: Call): Shown {
  const { node } = call;
  const options = optionsIn(node, (written) => readMigration(call, written));
  return {
    mac_prefix: 'BC:24:11',
    ...options,
    description: notesIn(contentOf(node, DATACENTER)),
    'allowed-tags': allowedTags(options),
  };
}

/** Tags that everyone may use: the registered ones, and those of a list. */
function allowedTags(options: Shown): string[] {
  const access = options['user-tag-access'] as Shown | undefined;
  const lists = [options['registered-tags'], access?.['user-allow-list']];
  return [...new Set(lists.flatMap((list) => (Array.isArray(list) ? list.map(String) : [])))].sort();
}

/** @param settle changes the options before they are shown */
function optionsIn(node: LabNode, settle: (written: Map<string, string>) => void = () => {}): Shown {
  const schemas = methodSchemas('PUT /cluster/options');
  const lines = Object.entries(parseOptionLines(contentOf(node, DATACENTER)));
  const written = new Map(lines.map(([name, [value = '']]) => [name, value]));
  settle(written);
  return Object.fromEntries([...written].map(([name, value]) => [name, shownOption(name, schemas?.get(name), value)]));
}

function shownOption(name: string, schema: Schema | undefined, value: string): unknown {
  if (name === 'registered-tags') return splitList(value);
  if (schema?.type === 'boolean') return Number(booleanOf(value) ?? value);
  // Bandwidth limits are shown as written.
  if (schema?.format === undefined || name === 'bwlimit') return value;
  return propertyObject(schema.format, value) ?? value;
}

/** A property string as an object: switches are numbers, all else text, tags a list; undefined where the format has no properties. */
export function propertyObject(format: string, value: string): Shown | undefined {
  const properties = propertiesOf(format);
  if (properties === undefined) return undefined;
  const parsed = parsePropertyString(format, value);
  if (!parsed.ok) return undefined;
  return Object.fromEntries(
    Object.entries(parsed.properties).map(([key, text]) => {
      if (key === 'user-allow-list') return [key, splitList(text ?? '')];
      return [key, properties[key]?.type === 'boolean' ? Number(booleanOf(text ?? '') ?? text) : text];
    }),
  );
}

function nodeOptions(node: LabNode, property: string | undefined): Shown {
  const content = contentOf(node, `/etc/pve/nodes/${node.name}/config`);
  const options = Object.entries(parseOptionLines(content)).map(([name, [value = '']]) => [name, value]);
  const notes = notesIn(content);
  const all: Shown = {
    ...Object.fromEntries(options),
    ...(notes === '' ? {} : { description: notes }),
    digest: createHash('sha1').update(content).digest('hex'),
  };
  if (property === undefined) return all;
  return all[property] === undefined ? {} : { [property]: all[property] };
}

/** The lines of a description, at the top of the file. */
function notesIn(content: string): string {
  const lines = content.split('\n').filter((line) => line.startsWith('#'));
  return lines.map((line) => `${decodeText(line.slice(1))}\n`).join('');
}

function contentOf(node: LabNode, path: string): string {
  const file = pathOf(node, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
