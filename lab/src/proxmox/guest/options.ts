// The options of a guest's file, and the raw LXC lines of a container's.

import { formatProblem } from '../../../../src/proxmox/parameters/formats.ts';
import { booleanOf } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { configOption, propertiesOf, type Schema } from '../../../../src/proxmox/parameters/table.ts';
import type { GuestKind } from '../node.ts';

/** Parameters of `set` that are not options of a guest. */
const NO_OPTION = /^(delete|revert|digest|node|vmid|force|skiplock|background_delay|import-working-storage|cdrom)$/;

/** Options that only Proxmox itself writes. */
const INTERNAL: Record<string, Schema> = {
  parent: {},
  snaptime: { type: 'integer' },
  meta: {},
  vmstate: {},
  runningmachine: {},
  runningcpu: {},
  'running-nets-host-mtu': {},
};

/** The schema of an option in a guest's file. */
export function optionSchema(kind: GuestKind, name: string): Schema | undefined {
  if (NO_OPTION.test(name)) return undefined;
  return configOption(kind, name) ?? (kind === 'lxc' && !/^(parent|snaptime)$/.test(name) ? undefined : INTERNAL[name]);
}

/** The value as normalised by the file's parser, or why it is invalid (without Proxmox's line ends). */
export function readValue(kind: GuestKind, name: string, value: string): { value: string } | { problem: string } {
  const schema = optionSchema(kind, name);
  if (schema === undefined) return { problem: `unknown setting '${name}'` };
  const wrong = { problem: `type check ('${schema.type}') failed - got '${value}'` };
  if (schema.type === 'boolean') {
    const flag = booleanOf(value);
    return flag === undefined ? wrong : { value: flag };
  }
  if (schema.type === 'integer') return /^\d+$/.test(value) ? { value: String(BigInt(value)) } : wrong;
  if (schema.type === 'number') return /^\d+(\.\d+)?$/.test(value) ? { value } : wrong;
  if (schema.format === undefined) return { value: kind === 'qemu' ? value.replace(/^"(.*)"$/, '$1') : value };
  if (propertiesOf(schema.format) === undefined) {
    const problem = formatProblem(schema.format, value);
    return problem === undefined ? { value } : { problem };
  }
  const read = parsePropertyString(schema.format, value);
  return read.ok ? { value } : { problem: read.errors.join('\n') };
}
