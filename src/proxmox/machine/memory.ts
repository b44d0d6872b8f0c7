// What the memory of a VM must be so that it starts: hotplug, NUMA nodes and huge pages together. (qemu-server, PVE/QemuServer/Memory.pm: config,
// foreach_dimm, hugepages_size, hugepages_topology)

import { hotplugFeatures } from '../guests/guest-options.ts';
import { isOn, type Machine, numbered, refused, type StartFault } from './fault.ts';

/** In MB: what a VM has at its start where memory is added while it runs. */
const STATIC_MEMORY = 1024;

interface Node {
  readonly option: string;
  readonly memory: number;
  readonly hostnodes: string | undefined;
  readonly policy: string | undefined;
}

export function memoryFault(machine: Machine): StartFault | null {
  const { options } = machine;
  const isHotplugged = hotplugFeatures(options['hotplug']).includes('memory');
  const hasNuma = isOn(options['numa']);
  const pages = options['hugepages'];
  const nodes = nodesOf(machine);
  const memory = Number(machine.properties('memory')['current'] ?? 512);
  const sockets = Number(options['sockets'] ?? 1);
  const atStart = isHotplugged ? STATIC_MEMORY * (pages === '1024' ? sockets : 1) : memory;
  const hotplugged = isHotplugged ? hotplugFault(machine, { memory, atStart, hasNuma, nodes, pages }) : null;
  if (hotplugged !== null) return hotplugged;
  if (pages !== undefined && !hasNuma)
    return refused('huge pages without NUMA', ['hugepages', 'numa'], 'numa needs to be enabled to use hugepages');
  if (!hasNuma) return null;
  const ofNodes = nodesFault(nodes, { atStart, pages });
  if (ofNodes !== null) return ofNodes;
  return pages === undefined || nodes.length > 0
    ? null
    : pagesFault(atStart / sockets, pages, ['hugepages', 'memory', 'sockets']);
}

function nodesOf(machine: Machine): Node[] {
  return numbered(machine, 'numa').map(({ option }) => {
    const { memory, hostnodes, policy } = machine.properties(option);
    return { option, memory: Number(memory ?? 0), hostnodes, policy };
  });
}

interface Amounts {
  readonly memory: number;
  readonly atStart: number;
  readonly hasNuma: boolean;
  readonly nodes: readonly Node[];
  readonly pages: string | undefined;
}

function hotplugFault(machine: Machine, { memory, atStart, hasNuma, nodes, pages }: Amounts): StartFault | null {
  if (!hasNuma)
    return refused('hotplug without NUMA', ['hotplug', 'numa'], 'NUMA needs to be enabled for memory hotplug');
  const [node] = nodes;
  if (node !== undefined)
    return refused(
      'hotplug with nodes',
      [node.option, 'hotplug'],
      'cannot enable memory hotplugging with custom NUMA topology',
    );
  if (memory < atStart)
    return refused('hotplug of little memory', ['memory', 'hotplug'], `minimum memory must be ${atStart}MB`);
  if (numbered(machine, 'virtiofs').length > 0)
    return refused('hotplug with folders', ['hotplug'], 'Memory hotplug does not work in combination with virtio-fs.');
  const step = stepBeyond(memory, atStart, pages);
  return step === null
    ? null
    : refused(
        'hotplug in steps',
        ['memory', 'hotplug'],
        `memory size (${memory}) must be aligned to ${step} for hotplugging`,
      );
}

/** The size in MB of the module that would exceed the memory; null where modules make exactly as much. */
function stepBeyond(memory: number, atStart: number, pages: string | undefined): number | null {
  let size = pages === '1024' ? 1024 : 512;
  let filled = atStart;
  for (let module = 0; filled < memory; module++) {
    if (module > 0 && module % 32 === 0) size *= 2;
    filled += size;
  }
  return filled === memory ? null : size;
}

function nodesFault(
  nodes: readonly Node[],
  { atStart, pages }: { readonly atStart: number; readonly pages: string | undefined },
): StartFault | null {
  for (const { option, memory, hostnodes, policy } of nodes) {
    const ofNode = (name: StartFault['fault'], message: string) => refused(name, [option], message);
    if (memory === 0) return ofNode('node without memory', `missing NUMA node${option.slice(4)} memory value`);
    const ofPages = pages === undefined ? null : pagesFault(memory, pages, [option, 'hugepages']);
    if (ofPages !== null) return ofPages;
    if (hostnodes !== undefined && policy === undefined)
      return ofNode(
        'node without policy',
        `you need to define a policy for hostnode ${hostnodes.replaceAll(';', ',')}`,
      );
    if (pages !== undefined && hostnodes === undefined)
      return refused(
        'huge pages of no node',
        [option, 'hugepages'],
        'numa hostnodes need to be defined to use hugepages',
      );
    if (pages !== undefined && !/^\d$/.test(hostnodes ?? ''))
      return refused(
        'huge pages of no node',
        [option, 'hugepages'],
        'more than 1 hostnode value in numa node is not supported when hugepages are enabled',
      );
  }
  const total = nodes.reduce((sum, { memory }) => sum + memory, 0);
  const [first] = nodes;
  return first === undefined || total === atStart
    ? null
    : refused(
        'nodes of other memory',
        [first.option, 'memory'],
        'total memory for NUMA nodes must be equal to vm static memory',
      );
}

/** Which sizes a host has is not known here: what no host takes is refused. */
function pagesFault(memory: number, pages: string, options: readonly string[]): StartFault | null {
  if (memory <= 0 || Math.trunc(memory) % 2 === 1)
    return refused(
      'size of huge pages',
      options,
      `memory size '${memory}' is not a positive even integer; cannot use for hugepages`,
    );
  const size = Number(pages);
  return pages === 'any' || memory % size === 0
    ? null
    : refused(
        'size of huge pages',
        options,
        `Memory size ${memory} is not a multiple of the requested hugepages size ${size}`,
      );
}
